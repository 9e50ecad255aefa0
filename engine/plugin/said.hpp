#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "abi/millrace_plugin.h"
#include "base/log.hpp"
#include "base/result.hpp"
#include "catalog/request.hpp"
#include "plugin/plugin_call.hpp"
#include "value/value.hpp"

/// What a library says of a call, whichever way it comes here: through the table of functions, or in frames. A handle
/// whose call has ended does no harm: each gives what is to be told of that in the log, empty where nothing is. Any
/// thread.
namespace millrace::said {

void log(const mr_call* call, int level, std::string_view message);
/// The log's level for one of the ABI's, whatever number a library gives.
LogLevel level_of(std::int64_t level) noexcept;
[[nodiscard]] std::string finish(mr_call* call, std::string_view output);
[[nodiscard]] std::string fail(mr_call* call, std::string_view code, std::string_view message);
[[nodiscard]] std::string emit(mr_call* call, std::string_view event);

/// A question as it came: the texts of a kind that are not used stay empty.
struct Question {
  ServiceRequest::Kind kind;
  std::string_view name = {};           ///< the action, path or key
  std::string_view json = {};           ///< input, request, value or announcement
  std::string_view expected_json = {};  ///< of a swap
  std::string_view content = {};        ///< of a file
};
/// The reply is given, sooner or later, in each case.
[[nodiscard]] std::string ask(mr_call* call, const Question& question, std::shared_ptr<Reply> reply);

/// Why something failed, as it can be told: of readable length and in UTF-8; `otherwise` where that is nothing.
std::string reason_in(std::string_view message, std::string otherwise);

/// Reads what a plugin gives to `http`: {"method", "path" or "url", "query", "headers", "body"}.
Result<RequestParts> http_parts(const Value& request);

}  // namespace millrace::said
