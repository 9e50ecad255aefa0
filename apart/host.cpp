#include "host.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "wire.hpp"

namespace millrace::apart {
namespace {

using frames::Kind;
using frames::Number;

/// What the library may ask about a call without asking the engine.
struct CallFacts {
  std::string zone, location;
  std::int64_t now = 0;
};

struct Call {
  CallFacts facts;
  bool cancelled = false;
};

struct Question {
  mr_answer answer = nullptr;
  void* context = nullptr;
};

using Offsets = std::vector<std::pair<std::int64_t, std::int64_t>>;  // since when, how far ahead of UTC, in ms

/// All that the threads of this program share. Never taken apart: threads of the library outlast every end.
struct State {
  std::mutex mutex;
  std::map<std::uint64_t, Call> calls;
  std::map<std::uint64_t, Question> questions;
  std::map<std::string, Offsets> zones;
  std::uint64_t last_question = 0;
  bool is_open = false;
  OpenFailure failure;
};

State& state() {
  static auto& all = *new State;
  return all;
}

std::uint64_t number_of(const mr_call* call) { return reinterpret_cast<std::uintptr_t>(call); }

std::string_view view(mr_text text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}

void host_log(mr_call* call, int level, mr_text message) {
  send(frames::make(Kind::log, number_of(call), {Number(static_cast<std::uint64_t>(level)), view(message)}));
}

/// Whether it is under way; what is said about others goes to the engine all the same, which tells people.
void end(mr_call* call) {
  const std::lock_guard lock(state().mutex);
  state().calls.erase(number_of(call));
}

void host_finish(mr_call* call, mr_text output) {
  const std::string frame = frames::make(Kind::finish, number_of(call), {view(output)});
  end(call);
  if (number_of(call) != opening) send(frame);
}

void host_fail(mr_call* call, mr_text code, mr_text message) {
  if (number_of(call) == opening) {
    const std::lock_guard lock(state().mutex);
    state().failure = {true, std::string(view(code)), std::string(view(message))};
    return;
  }
  const std::string frame = frames::make(Kind::fail, number_of(call), {view(code), view(message)});
  end(call);
  send(frame);
}

void host_emit(mr_call* call, mr_text event) { send(frames::make(Kind::emit, number_of(call), {view(event)})); }

int host_is_cancelled(const mr_call* call) {
  const std::lock_guard lock(state().mutex);
  const auto found = state().calls.find(number_of(call));
  return found == state().calls.end() || found->second.cancelled ? 1 : 0;
}

/// Keeps who asked, and gives the question's number; 0 during `open`, where it is answered at once.
std::uint64_t ask(mr_call* call, mr_answer answer, void* context) {
  {
    const std::lock_guard lock(state().mutex);
    if (state().is_open || number_of(call) != opening) {
      state().questions.emplace(++state().last_question, Question{answer, context});
      return state().last_question;
    }
  }
  constexpr std::string_view no = R"({"code":"invalid","message":"nothing can be asked while a plugin is opened"})";
  answer(context, 0, {no.data(), no.size()});
  return 0;
}

/// Puts a question with what it says to the engine.
template <class... Texts>
void put(Kind kind, mr_call* call, mr_answer answer, void* context, Texts... said) {
  const std::uint64_t question = ask(call, answer, context);
  if (question != 0) send(frames::make(kind, number_of(call), {Number(question), view(said)...}));
}

void host_call_action(mr_call* call, mr_text action, mr_text input, mr_answer answer, void* context) {
  put(Kind::call_action, call, answer, context, action, input);
}

void host_http(mr_call* call, mr_text request, mr_answer answer, void* context) {
  put(Kind::http, call, answer, context, request);
}

void host_write_file(mr_call* call, mr_text path, mr_text content, mr_answer answer, void* context) {
  put(Kind::write_file, call, answer, context, path, content);
}

void host_read_state(mr_call* call, mr_text key, mr_answer answer, void* context) {
  put(Kind::read_state, call, answer, context, key);
}

void host_write_state(mr_call* call, mr_text key, mr_text value, mr_answer answer, void* context) {
  put(Kind::write_state, call, answer, context, key, value);
}

void host_announce(mr_call* call, mr_text changes, mr_answer answer, void* context) {
  put(Kind::announce, call, answer, context, changes);
}

void host_swap_state(mr_call* call, mr_text key, mr_text expected, mr_text value, mr_answer answer, void* context) {
  put(Kind::swap_state, call, answer, context, key, expected, value);
}

std::int64_t host_now(const mr_call* call) {
  const std::lock_guard lock(state().mutex);
  const auto found = state().calls.find(number_of(call));
  return found == state().calls.end() ? 0 : found->second.facts.now;
}

/// Borrowed until the call ends: it stays where it is until then.
mr_text text_of(const mr_call* call, std::string CallFacts::*which) {
  const std::lock_guard lock(state().mutex);
  const auto found = state().calls.find(number_of(call));
  if (found == state().calls.end()) return {"", 0};
  const std::string& text = found->second.facts.*which;
  return {text.data(), text.size()};
}

mr_text host_time_zone(const mr_call* call) { return text_of(call, &CallFacts::zone); }
mr_text host_location_name(const mr_call* call) { return text_of(call, &CallFacts::location); }

std::int64_t host_utc_offset(const mr_call* call, std::int64_t time) {
  const std::lock_guard lock(state().mutex);
  const auto found = state().calls.find(number_of(call));
  if (found == state().calls.end()) return 0;
  const Offsets& offsets = state().zones[found->second.facts.zone];
  const auto later = std::upper_bound(offsets.begin(), offsets.end(), time,
                                      [](std::int64_t at, const auto& offset) { return at < offset.first; });
  return later == offsets.begin() ? 0 : std::prev(later)->second;
}

void call_is_cancelled(std::uint64_t call) {
  const std::lock_guard lock(state().mutex);
  const auto found = state().calls.find(call);
  if (found != state().calls.end()) found->second.cancelled = true;
}

/// `offsets`: pairs of numbers as in frames::Kind::zone.
void zone_is_known(const std::string& name, std::string_view offsets) {
  Offsets read;
  for (; offsets.size() >= 2 * sizeof(std::int64_t); offsets.remove_prefix(2 * sizeof(std::int64_t))) {
    std::pair<std::int64_t, std::int64_t> one;
    std::memcpy(&one.first, offsets.data(), sizeof one.first);
    std::memcpy(&one.second, offsets.data() + sizeof one.first, sizeof one.second);
    read.push_back(one);
  }
  const std::lock_guard lock(state().mutex);
  state().zones[name] = std::move(read);
}

/// Hands an answer on to whoever has asked.
void answer(std::uint64_t question, bool ok, std::string_view json) {
  Question asked;
  {
    const std::lock_guard lock(state().mutex);
    const auto found = state().questions.find(question);
    if (found == state().questions.end()) return;
    asked = found->second;
    state().questions.erase(found);
  }
  try {
    asked.answer(asked.context, ok ? 1 : 0, {json.data(), json.size()});
  } catch (...) {
    send(frames::make(Kind::log, 0, {Number(MR_LOG_ERROR), "it let an exception escape from its answer function"}));
  }
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

mr_call* handle_of(std::uint64_t call) noexcept { return reinterpret_cast<mr_call*>(call); }

Order call_begins(std::uint64_t call, std::string_view body) {
  frames::Parts parts(body);
  Order order;
  order.capability = parts.text();
  order.input = parts.text();
  CallFacts facts;
  facts.zone = parts.text();
  facts.location = parts.text();
  facts.now = static_cast<std::int64_t>(parts.number());
  const std::lock_guard lock(state().mutex);
  state().calls[call] = {std::move(facts), false};
  return order;
}

bool hear(const frames::Head& head, std::string_view body) {
  frames::Parts parts(body);
  if (head.kind == Kind::answer) {
    const std::uint64_t question = parts.number();
    const bool ok = parts.number() != 0;
    answer(question, ok, parts.text());
  } else if (head.kind == Kind::zone) {
    const std::string zone(parts.text());
    zone_is_known(zone, parts.text());
  } else if (head.kind == Kind::cancel) {
    call_is_cancelled(head.call);
  }
  return head.kind == Kind::cancel;
}

void open_ends() {
  const std::lock_guard lock(state().mutex);
  state().is_open = true;
}

OpenFailure open_failure() {
  const std::lock_guard lock(state().mutex);
  return state().failure;
}

}  // namespace millrace::apart
