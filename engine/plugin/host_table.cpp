#include "plugin/host_table.hpp"

#include <string>
#include <string_view>

#include "base/log.hpp"
#include "plugin/plugin_call.hpp"
#include "plugin/said.hpp"
#include "value/time.hpp"

namespace millrace {
namespace {

using Asks = ServiceRequest::Kind;

std::string_view view(mr_text text) noexcept {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}

mr_text lent(const std::string& text) noexcept { return {text.data(), text.size()}; }

/// Until the call ends, so without looking after the host.
template <class Answer, class Give>
Answer fact(const mr_call* handle, Answer otherwise, Give give) {
  const auto call = PluginCall::find(handle);
  return call ? give(*call) : otherwise;
}

void complain(const std::string& complaint) {
  if (!complaint.empty()) log(LogLevel::warning, complaint);
}

void host_log(mr_call* call, int level, mr_text message) { said::log(call, level, view(message)); }
void host_finish(mr_call* call, mr_text output) { complain(said::finish(call, view(output))); }
void host_fail(mr_call* call, mr_text code, mr_text message) { complain(said::fail(call, view(code), view(message))); }
void host_emit(mr_call* call, mr_text event) { complain(said::emit(call, view(event))); }

int host_is_cancelled(const mr_call* handle) {
  return fact(handle, 1, [](PluginCall& call) { return call.cancelled() ? 1 : 0; });
}

/// The answer comes on the thread of the plugin's answers; for a call that is not known, at once.
void ask(mr_call* handle, const said::Question& question, mr_answer answer, void* context) {
  const auto call = PluginCall::find(handle);
  const auto give = [answer, context](bool ok, const std::string& json) {
    try {
      answer(context, ok ? 1 : 0, lent(json));
    } catch (...) {
      log(LogLevel::error, "a plugin let an exception escape from its answer function");
    }
  };
  Reply::Tell tell = give;
  if (call) {
    tell = [hub = call->hub(), give](bool ok, std::string json) {
      hub->answers.add([give, ok, json = std::move(json)] { give(ok, json); });
    };
  }
  complain(said::ask(handle, question, std::make_shared<Reply>(call, std::move(tell))));
}

void host_call_action(mr_call* call, mr_text action, mr_text input, mr_answer answer, void* context) {
  ask(call, {.kind = Asks::call_action, .name = view(action), .json = view(input)}, answer, context);
}

void host_http(mr_call* call, mr_text request, mr_answer answer, void* context) {
  ask(call, {.kind = Asks::http, .json = view(request)}, answer, context);
}

void host_write_file(mr_call* call, mr_text path, mr_text content, mr_answer answer, void* context) {
  ask(call, {.kind = Asks::write_file, .name = view(path), .content = view(content)}, answer, context);
}

void host_read_state(mr_call* call, mr_text key, mr_answer answer, void* context) {
  ask(call, {.kind = Asks::read_state, .name = view(key)}, answer, context);
}

void host_write_state(mr_call* call, mr_text key, mr_text value, mr_answer answer, void* context) {
  ask(call, {.kind = Asks::write_state, .name = view(key), .json = view(value)}, answer, context);
}

void host_announce(mr_call* call, mr_text changes, mr_answer answer, void* context) {
  ask(call, {.kind = Asks::announce, .json = view(changes)}, answer, context);
}

void host_swap_state(mr_call* call, mr_text key, mr_text expected, mr_text value, mr_answer answer, void* context) {
  ask(call, {.kind = Asks::swap_state, .name = view(key), .json = view(value), .expected_json = view(expected)}, answer,
      context);
}

std::int64_t host_now(const mr_call* handle) {
  return fact(handle, std::int64_t{0}, [](PluginCall& call) { return call.now(); });
}

mr_text host_time_zone(const mr_call* handle) {
  return fact(handle, mr_text{"", 0}, [](PluginCall& call) { return lent(call.zone()); });
}

std::int64_t host_utc_offset(const mr_call* handle, std::int64_t time) {
  return fact(handle, std::int64_t{0}, [time](PluginCall& call) {
    const auto offset = utc_offset({(time - (time % 1000 + 1000) % 1000) / 1000, 0}, call.zone());
    return offset ? *offset * 1000 : 0;
  });
}

mr_text host_location_name(const mr_call* handle) {
  return fact(handle, mr_text{"", 0}, [](PluginCall& call) { return lent(call.location_name()); });
}

}  // namespace

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
