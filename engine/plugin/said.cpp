#include "plugin/said.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"

namespace millrace::said {
namespace {

constexpr std::array error_codes = {
    ErrorCode::invalid,   ErrorCode::not_found,   ErrorCode::conflict, ErrorCode::denied, ErrorCode::timeout,
    ErrorCode::cancelled, ErrorCode::unavailable, ErrorCode::limited,  ErrorCode::unsure, ErrorCode::internal};

/// A reason stands in the log, in the run's note and on pages.
constexpr std::size_t longest_reason = 16u << 10;

std::string quoted_plugin(const mr_call* handle) { return "plugin \"" + PluginCall::plugin_of(handle) + "\""; }

/// The call behind a handle for the length of one host function; the host does not go away meanwhile.
class Use {
 public:
  explicit Use(const mr_call* handle) : call_(PluginCall::find(handle)) {
    if (call_) call_->hub()->enter();
  }
  ~Use() {
    if (call_) call_->hub()->leave();
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  explicit operator bool() const noexcept { return call_ != nullptr; }
  PluginCall* operator->() const noexcept { return call_.get(); }

 private:
  std::shared_ptr<PluginCall> call_;
};

Result<Value> read_json(std::string_view text, const mr_call* handle, std::string_view what) {
  const Use call(handle);
  if (!call) return Error{ErrorCode::invalid, "the call has ended"};
  auto value = call->said(text);
  if (value) return value;
  Error error = value.error().within(quoted_plugin(handle) + " gave a broken " + std::string(what));
  error.code = ErrorCode::internal;
  return error;
}

std::string end(mr_call* handle, Result<Value> outcome) {
  const Use call(handle);
  if (call && call->end(std::move(outcome))) return {};
  return quoted_plugin(handle) + " ended a call that had ended before";
}

using Asks = ServiceRequest::Kind;

/// What the JSON of a question is, for messages; empty where it has none.
std::string name_of_json(const Question& question) {
  switch (question.kind) {
    case Asks::call_action:
      return "input of " + std::string(question.name);
    case Asks::http:
      return "request";
    case Asks::write_state:
    case Asks::swap_state:
      return "value";
    case Asks::announce:
      return "announcement";
    case Asks::write_file:
    case Asks::read_state:
      return {};
  }
  return {};
}

/// An action whose request is what a plugin gives to `http`: so its rules are those of every mapping.
Action http_action(const char* address) {
  RequestMapping mapping;
  mapping.method = "{method}";
  mapping.url_input = address;
  mapping.query_input = "query";
  mapping.headers_input = "headers";
  mapping.body_input = "body";
  Action action;
  action.request = std::move(mapping);
  return action;
}

}  // namespace

LogLevel level_of(std::int64_t level) noexcept {
  if (level <= MR_LOG_DEBUG) return LogLevel::debug;
  if (level == MR_LOG_INFO) return LogLevel::info;
  return level == MR_LOG_WARNING ? LogLevel::warning : LogLevel::error;
}

void log(const mr_call* handle, int level, std::string_view message) {
  millrace::log(level_of(level), PluginCall::plugin_of(handle) + ": " + std::string(message));
}

std::string finish(mr_call* handle, std::string_view output) {
  return end(handle, read_json(output, handle, "output"));
}

std::string reason_in(std::string_view message, std::string otherwise) {
  std::string text = message.size() > longest_reason ? shortened(message, longest_reason) : std::string(message);
  return text.empty() || !valid_utf8(text) ? std::move(otherwise) : std::move(text);
}

std::string fail(mr_call* handle, std::string_view code, std::string_view message) {
  const auto known =
      std::find_if(error_codes.begin(), error_codes.end(), [&](ErrorCode one) { return name_of(one) == code; });
  std::string text = reason_in(message, quoted_plugin(handle) + " failed and gave no reason that can be read");
  return end(handle, Error{known == error_codes.end() ? ErrorCode::internal : *known, std::move(text)});
}

std::string emit(mr_call* handle, std::string_view event) {
  auto value = read_json(event, handle, "event");
  if (!value) return end(handle, value.error());
  const Use call(handle);
  if (call && call->emit(std::move(*value))) return {};
  return quoted_plugin(handle) + " emitted an event from an action";
}

std::string ask(mr_call* handle, const Question& question, std::shared_ptr<Reply> reply) {
  const Use call(handle);
  const Error ended{ErrorCode::invalid, "the call has ended"};
  if (!call) {
    reply->give(ended);
    return quoted_plugin(handle) + " asked for something after its call had ended";
  }
  ServiceRequest request{question.kind, std::string(question.name), {}, reply, {}, std::string(question.content)};
  if (question.kind == Asks::swap_state) {
    auto expected = read_json(question.expected_json, handle, "expected value");
    if (!expected) return reply->give(expected.error()), std::string();
    request.expected = std::move(*expected);
  }
  if (const std::string what = name_of_json(question); !what.empty()) {
    auto value = read_json(question.json, handle, what);
    if (!value) return reply->give(value.error()), std::string();
    request.value = std::move(*value);
  }
  if (!call->ask(std::move(request))) reply->give(ended);
  return {};
}

Result<RequestParts> http_parts(const Value& request) {
  static const Action by_url = http_action("url");
  static const Action by_path = http_action("path");
  return build_request(request.find("url") != nullptr ? by_url : by_path, request);
}

}  // namespace millrace::said
