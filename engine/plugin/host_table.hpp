#pragma once

#include "abi/millrace_plugin.h"
#include "base/result.hpp"
#include "catalog/request.hpp"
#include "value/value.hpp"

namespace millrace {

/// The functions that every plugin gets: they find the call behind a handle and pass on what was said.
const mr_host& host_table() noexcept;

/// Reads what a plugin gives to `http`: {"method", "path" or "url", "query", "headers", "body"}.
Result<RequestParts> http_parts(const Value& request);

}  // namespace millrace
