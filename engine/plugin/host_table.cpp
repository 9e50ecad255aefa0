#include "plugin/host_table.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/text.hpp"
#include "plugin/plugin_call.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {
namespace {

constexpr std::array error_codes = {
    ErrorCode::invalid,   ErrorCode::not_found,   ErrorCode::conflict, ErrorCode::denied, ErrorCode::timeout,
    ErrorCode::cancelled, ErrorCode::unavailable, ErrorCode::limited,  ErrorCode::unsure, ErrorCode::internal};

std::string_view view(mr_text text) noexcept {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}

mr_text lent(const std::string& text) noexcept { return {text.data(), text.size()}; }

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
  const std::shared_ptr<PluginCall>& call() const noexcept { return call_; }
  PluginCall* operator->() const noexcept { return call_.get(); }

 private:
  std::shared_ptr<PluginCall> call_;
};

Result<Value> read_json(mr_text text, const mr_call* handle, std::string_view what) {
  const Use call(handle);
  if (!call) return Error{ErrorCode::invalid, "the call has ended"};
  auto value = call->said(view(text));
  if (value) return value;
  Error error = value.error().within(quoted_plugin(handle) + " gave a broken " + std::string(what));
  error.code = ErrorCode::internal;
  return error;
}

void end(mr_call* handle, Result<Value> outcome) {
  const Use call(handle);
  if (call && call->end(std::move(outcome))) return;
  log(LogLevel::warning, quoted_plugin(handle) + " ended a call that had ended before");
}

void host_log(mr_call* handle, int level, mr_text message) {
  const LogLevel known = level <= MR_LOG_DEBUG     ? LogLevel::debug
                         : level == MR_LOG_INFO    ? LogLevel::info
                         : level == MR_LOG_WARNING ? LogLevel::warning
                                                   : LogLevel::error;
  log(known, PluginCall::plugin_of(handle) + ": " + std::string(view(message)));
}

void host_finish(mr_call* handle, mr_text output) { end(handle, read_json(output, handle, "output")); }

void host_fail(mr_call* handle, mr_text code, mr_text message) {
  const auto known =
      std::find_if(error_codes.begin(), error_codes.end(), [&](ErrorCode one) { return name_of(one) == view(code); });
  std::string text(view(message));
  if (text.empty() || !valid_utf8(text)) text = quoted_plugin(handle) + " failed and gave no reason that can be read";
  end(handle, Error{known == error_codes.end() ? ErrorCode::internal : *known, std::move(text)});
}

void host_emit(mr_call* handle, mr_text event) {
  auto value = read_json(event, handle, "event");
  if (!value) return end(handle, value.error());
  const Use call(handle);
  if (call && call->emit(std::move(*value))) return;
  log(LogLevel::warning, quoted_plugin(handle) + " emitted an event from an action");
}

int host_is_cancelled(const mr_call* handle) {
  const Use call(handle);
  return !call || call->cancelled() ? 1 : 0;
}

using Kind = ServiceRequest::Kind;

void ask(mr_call* handle, Kind kind, mr_text name, Result<Value> value, mr_answer answer, void* context,
         std::string content = {}, Value expected = {}) {
  const Use call(handle);
  if (!call) {
    constexpr std::string_view ended = R"({"code":"invalid","message":"the call has ended"})";
    log(LogLevel::warning, quoted_plugin(handle) + " asked for something after its call had ended");
    answer(context, 0, {ended.data(), ended.size()});
    return;
  }
  const auto reply = std::make_shared<Reply>(call.call(), answer, context);
  if (!value) {
    reply->give(value.error());
  } else if (!call->ask(
                 {kind, std::string(view(name)), std::move(*value), reply, std::move(expected), std::move(content)})) {
    reply->give(Error{ErrorCode::invalid, "the call has ended"});
  }
}

void host_call_action(mr_call* handle, mr_text action, mr_text input, mr_answer answer, void* context) {
  ask(handle, Kind::call_action, action, read_json(input, handle, "input of " + std::string(view(action))), answer,
      context);
}

void host_http(mr_call* handle, mr_text request, mr_answer answer, void* context) {
  ask(handle, Kind::http, {}, read_json(request, handle, "request"), answer, context);
}

void host_write_file(mr_call* handle, mr_text path, mr_text content, mr_answer answer, void* context) {
  ask(handle, Kind::write_file, path, Value(), answer, context, std::string(view(content)));
}

void host_read_state(mr_call* handle, mr_text key, mr_answer answer, void* context) {
  ask(handle, Kind::read_state, key, Value(), answer, context);
}

void host_write_state(mr_call* handle, mr_text key, mr_text value, mr_answer answer, void* context) {
  ask(handle, Kind::write_state, key, read_json(value, handle, "value"), answer, context);
}

std::int64_t host_now(const mr_call* handle) {
  const Use call(handle);
  return call ? call->now() : 0;
}

mr_text host_time_zone(const mr_call* handle) {
  const Use call(handle);
  return call ? lent(call->zone()) : mr_text{"", 0};
}

std::int64_t host_utc_offset(const mr_call* handle, std::int64_t time) {
  const Use call(handle);
  if (!call) return 0;
  const auto offset = utc_offset({(time - (time % 1000 + 1000) % 1000) / 1000, 0}, call->zone());
  return offset ? *offset * 1000 : 0;
}

mr_text host_location_name(const mr_call* handle) {
  const Use call(handle);
  return call ? lent(call->location_name()) : mr_text{"", 0};
}

void host_announce(mr_call* handle, mr_text changes, mr_answer answer, void* context) {
  ask(handle, Kind::announce, {}, read_json(changes, handle, "announcement"), answer, context);
}

void host_swap_state(mr_call* handle, mr_text key, mr_text expected, mr_text value, mr_answer answer, void* context) {
  auto before = read_json(expected, handle, "expected value");
  Result<Value> after = before ? read_json(value, handle, "value") : before;
  ask(handle, Kind::swap_state, key, std::move(after), answer, context, {}, before ? std::move(*before) : Value());
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

Result<RequestParts> http_parts(const Value& request) {
  static const Action by_url = http_action("url");
  static const Action by_path = http_action("path");
  return build_request(request.find("url") != nullptr ? by_url : by_path, request);
}

const mr_host& host_table() noexcept {
  static const mr_host table = {.size = sizeof(mr_host),
                                .abi_major = MR_ABI_MAJOR,
                                .log = host_log,
                                .finish = host_finish,
                                .fail = host_fail,
                                .emit = host_emit,
                                .is_cancelled = host_is_cancelled,
                                .call_action = host_call_action,
                                .http = host_http,
                                .write_file = host_write_file,
                                .read_state = host_read_state,
                                .write_state = host_write_state,
                                .now = host_now,
                                .announce = host_announce,
                                .swap_state = host_swap_state,
                                .time_zone = host_time_zone,
                                .utc_offset = host_utc_offset,
                                .location_name = host_location_name};
  return table;
}

}  // namespace millrace
