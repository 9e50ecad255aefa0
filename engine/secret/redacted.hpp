#pragma once

#include "base/error.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"

namespace millrace {

/// The same without the values of secrets: texts, bytes, keys, numbers, which become texts by it, and what an unknown
/// says.
Value redacted(const Secrets& secrets, const Value& value);
Error redacted(const Secrets& secrets, Error error);

}  // namespace millrace
