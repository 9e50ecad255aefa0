#include "plugin/plugin_process.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

using Frame = frames::Kind;
using frames::Number;

constexpr Duration longest_load = std::chrono::seconds(10);

constexpr Duration last_minute = std::chrono::minutes(1);

/// Beyond so many unanswered questions, or so much in them, nothing more is read, until half of them have their
/// answers.
constexpr std::size_t most_questions = 256, most_question_bytes = std::size_t{32} << 20;

constexpr int most_lines_a_second = 100;
constexpr std::size_t longest_line = 8192;

std::uint64_t number_of(const PluginCall& call) { return reinterpret_cast<std::uintptr_t>(call.handle()); }
mr_call* handle_of(std::uint64_t number) { return reinterpret_cast<mr_call*>(number); }

/// What a question's frame holds behind its number.
struct Shape {
  Frame frame;
  ServiceRequest::Kind kind;
  std::array<std::string_view said::Question::*, 3> parts = {};
};
using Asked = said::Question;
using Asks = ServiceRequest::Kind;
constexpr std::array<Shape, 7> shapes = {{
    {Frame::call_action, Asks::call_action, {&Asked::name, &Asked::json}},
    {Frame::http, Asks::http, {&Asked::json}},
    {Frame::write_file, Asks::write_file, {&Asked::name, &Asked::content}},
    {Frame::read_state, Asks::read_state, {&Asked::name}},
    {Frame::write_state, Asks::write_state, {&Asked::name, &Asked::json}},
    {Frame::announce, Asks::announce, {&Asked::json}},
    {Frame::swap_state, Asks::swap_state, {&Asked::name, &Asked::expected_json, &Asked::json}},
}};

/// A value of a state is read and written as a whole, on the loop.
constexpr std::size_t largest_state = 4u << 20;
bool keeps(const said::Question& question) {
  return question.kind == Asks::write_state || question.kind == Asks::swap_state;
}

/// A key is part of an index.
constexpr std::size_t longest_key = 1024;
bool has_key(const said::Question& question) { return keeps(question) || question.kind == Asks::read_state; }

/// Why a question is not taken as it is; empty: it is.
std::string why_too_large(const said::Question& question) {
  const std::size_t value = std::max(question.json.size(), question.expected_json.size());
  if (has_key(question) && question.name.size() > longest_key)
    return "a key of its state has " + std::to_string(question.name.size()) + " bytes, and may have " +
           std::to_string(longest_key);
  if (keeps(question) && value > largest_state)
    return "a value of its state has " + std::to_string(value) + " bytes, and may have " +
           std::to_string(largest_state) + ": keep it under several keys";
  return "";
}

}  // namespace

PluginProcess::PluginProcess(Loop& loop, const Launch& order, const Launched& launched)
    : name_(order.name), process_(launched.process), watch_(order.data_bytes) {
  socket_.emplace(
      loop, launched.socket, [this](const frames::Head& head, std::string_view body) { return hear(head, body); },
      [this](std::string_view rule) { lost(rule); });
  socket_->each_second([this] { look_at_size(); });
}

Result<std::shared_ptr<PluginProcess>> PluginProcess::start(Loop& loop, const Launch& order) {
  const Launched launched = TRY(launch(order));
  return with(loop, order, launched);
}

std::shared_ptr<PluginProcess> PluginProcess::with(Loop& loop, const Launch& order, const Launched& launched) {
  return std::shared_ptr<PluginProcess>(new PluginProcess(loop, order, launched));
}

PluginProcess::~PluginProcess() {
  socket_->close();
  if (!gone_) reap(process_);
}

Task<Status> PluginProcess::ready() {
  const auto self = shared_from_this();
  const Deadline deadline = Deadline::in(longest_load);
  while (!ready_ && !gone_ && !deadline.reached()) {
    const bool undisturbed = co_await opened_.wait(deadline);
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
  }
  if (!ready_ && !gone_) give_up_loading();
  if (ready_ && !gone_) co_return Done{};
  co_return refusal_ ? *refusal_ : Error{ErrorCode::unavailable, "its library " + end_ + " while it was loaded"};
}

void PluginProcess::give_up_loading() {
  refusal_ = Error{ErrorCode::unavailable, "its library does not come back from being loaded"};
  lost("that is waited for no longer");
}

Status PluginProcess::ready_now() {
  const Deadline deadline = Deadline::in(longest_load);
  while (!ready_ && !gone_ && !deadline.reached()) {
    const Deadline second = Deadline::in(std::chrono::seconds(1));
    socket_->hear_now(second.at() < deadline.at() ? second : deadline);
    if (!gone_ && second.reached()) look_at_size();
  }
  if (!ready_ && !gone_) give_up_loading();
  if (ready_ && !gone_) return Done{};
  return refusal_ ? *refusal_ : Error{ErrorCode::unavailable, "its library " + end_ + " while it was loaded"};
}

void PluginProcess::begin(const std::shared_ptr<PluginCall>& call, const std::string& capability,
                          const std::string& input) {
  if (!call->take_off()) return;
  const std::uint64_t number = number_of(*call);
  calls_.emplace(number, call);
  if (gone_) return lost("");
  send_zone(call->zone());
  socket_->send(frames::make(
      Frame::begin, number,
      {capability, input, call->zone(), call->location_name(), Number(static_cast<std::uint64_t>(call->now()))}));
}

/// Once each: the library asks for the offset of a time, and must not wait for the answer.
void PluginProcess::send_zone(const std::string& zone) {
  if (!zones_.insert(zone).second) return;
  std::string offsets;
  for (const auto& [since, ahead] : utc_offsets(zone)) {
    offsets += Number(static_cast<std::uint64_t>(since * 1000));
    offsets += Number(static_cast<std::uint64_t>(ahead * 1000));
  }
  socket_->send(frames::make(Frame::zone, 0, {zone, offsets}));
}

void PluginProcess::cancel(const PluginCall& call) {
  if (!gone_) socket_->send(frames::make(Frame::cancel, number_of(call)));
}

bool PluginProcess::forget(const PluginCall& call) {
  calls_.erase(number_of(call));
  if (retiring_ && calls_.empty() && !gone_) lost("nothing is left for it to do");
  return taken_along_.erase(number_of(call)) > 0;
}

void PluginProcess::retire() {
  if (std::exchange(retiring_, true) || gone_) return;
  if (calls_.empty()) return lost("nothing is left for it to do");
  socket_->lose_in(last_minute);
}

void PluginProcess::end_now(std::string_view why) {
  const auto self = shared_from_this();
  if (!gone_) lost(why);
}

bool PluginProcess::hear(const frames::Head& head, std::string_view body) {
  frames::Parts parts(body);
  switch (head.kind) {
    case Frame::ready:
      ready_ = true;
      times_in_milliseconds_ = parts.number() != 0;
      opened_.announce();
      return parts.whole();
    case Frame::refused: {
      const std::string_view code = parts.text(), message = parts.text();
      refusal_ = Error{code == "denied" ? ErrorCode::denied : ErrorCode::invalid,
                       said::reason_in(message, "it gave no reason")};
      return parts.whole();
    }
    case Frame::log:
      hear_log(parts);
      return parts.whole();
    case Frame::tried: {
      const std::string what = shortened(parts.text(), longest_line);
      say(LogLevel::error, "the plugin \"" + name_ + "\" tried to " + what + ", which was refused");
      return parts.whole();
    }
    case Frame::finish:
    case Frame::fail:
    case Frame::emit:
      return hear_of_call(head, parts);
    case Frame::call_action:
    case Frame::http:
    case Frame::write_file:
    case Frame::read_state:
    case Frame::write_state:
    case Frame::announce:
    case Frame::swap_state:
      return hear_question(head, parts);
    case Frame::begin:
    case Frame::cancel:
    case Frame::answer:
    case Frame::zone:
      return false;  // only the engine says these
  }
  return false;
}

/// A process speaks of its own calls only: what it says of others is told, and changes nothing.
bool PluginProcess::hear_of_call(const frames::Head& head, frames::Parts& parts) {
  const std::string_view first = parts.text();
  const std::string_view second = head.kind == Frame::fail ? parts.text() : std::string_view();
  if (!parts.whole()) return false;
  if (!calls_.contains(head.call)) {
    say(LogLevel::warning, "plugin \"" + name_ + "\" ended a call that had ended before, or is none of its own");
  } else if (head.kind == Frame::finish) {
    complain(said::finish(handle_of(head.call), first));
  } else if (head.kind == Frame::fail) {
    complain(said::fail(handle_of(head.call), first, second));
  } else {
    complain(said::emit(handle_of(head.call), first));
  }
  return true;
}

bool PluginProcess::hear_question(const frames::Head& head, frames::Parts& parts) {
  const std::uint64_t number = parts.number();
  const auto shape =
      std::find_if(shapes.begin(), shapes.end(), [&head](const Shape& each) { return each.frame == head.kind; });
  said::Question question{.kind = shape->kind};
  for (const auto part : shape->parts) {
    if (part != nullptr) question.*part = parts.text();
  }
  if (!parts.whole()) return false;
  const auto reply = reply_to(head.call, number, head.size);
  if (std::string why = why_too_large(question); !why.empty()) {
    reply->give(Error{ErrorCode::limited, std::move(why)});
  } else if (calls_.contains(head.call)) {
    complain(said::ask(handle_of(head.call), question, reply));
  } else {
    reply->give(Error{ErrorCode::invalid, "the call has ended"});
  }
  return true;
}

bool PluginProcess::asks_much() const noexcept {
  return questions_ >= most_questions || question_bytes_ >= most_question_bytes;
}

std::shared_ptr<Reply> PluginProcess::reply_to(std::uint64_t call, std::uint64_t question, std::size_t bytes) {
  ++questions_;
  question_bytes_ += bytes;
  if (asks_much()) socket_->hold();
  const auto answered = [weak = weak_from_this(), call, question, bytes](bool ok, const std::string& json) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    --self->questions_;
    self->question_bytes_ -= bytes;
    if (self->gone_) return;
    self->socket_->send(frames::make(Frame::answer, call, {Number(question), Number(ok ? 1 : 0), json}));
    const bool few = self->questions_ <= most_questions / 2 && self->question_bytes_ <= most_question_bytes / 2;
    if (few && !self->gone_) self->socket_->go_on();
  };
  const auto known = calls_.find(call);
  return std::make_shared<Reply>(known == calls_.end() ? nullptr : known->second, answered);
}

void PluginProcess::hear_log(frames::Parts& parts) {
  const auto level = static_cast<std::int64_t>(parts.number());
  const std::string_view message = parts.text();
  say(said::level_of(level), name_ + ": " + shortened(message, longest_line));
}

void PluginProcess::complain(const std::string& complaint) {
  if (!complaint.empty()) say(LogLevel::warning, complaint);
}

/// What it makes us say counts as what it says.
void PluginProcess::say(LogLevel level, const std::string& line) {
  if (quiet_.reached() || lines_ == 0) {
    quiet_ = Deadline::in(std::chrono::seconds(1));
    lines_ = 0;
  }
  if (++lines_ == most_lines_a_second)
    log(LogLevel::warning, name_ + ": says too much; what else it says within this second is left out");
  if (lines_ < most_lines_a_second) log(level, line);
}

/// The other side is gone, or must go. All its calls end with it.
void PluginProcess::lost(std::string_view rule) {
  if (!std::exchange(gone_, true)) {
    socket_->close();
    const std::string how = reap(process_);
    end_ = !rule.empty() ? "was ended, because " + std::string(rule) : how.empty() ? "was killed (signal 9)" : how;
  }
  for (const auto& [number, call] : std::exchange(calls_, {})) {
    if (call->end(Error{ErrorCode::internal, name_ + " " + end_})) taken_along_.insert(number);
  }
  opened_.announce();
}

void PluginProcess::look_at_size() {
  const bool for_nobody = ready_ && calls_.empty();
  const std::string why = watch_.look(ProcessSize::of(process_), for_nobody);
  if (why.empty()) return;
  // No step will say so.
  if (for_nobody) say(LogLevel::warning, "the plugin \"" + name_ + "\" is ended, because " + why);
  end_now(why);
}

}  // namespace millrace
