#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "decider/decider.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

/// When `time` of the clock that shows `now` comes by the one that shows `lasting`.
Timestamp seen_from(Timestamp now, Timestamp lasting, Timestamp time) {
  time.seconds += lasting.seconds - now.seconds;
  time.nanos += lasting.nanos - now.nanos;
  const std::int32_t carried = time.nanos < 0 ? -1 : time.nanos >= 1'000'000'000 ? 1 : 0;
  time.seconds += carried;
  time.nanos -= carried * 1'000'000'000;
  return time;
}

Value wait_output(Timestamp until) { return Value::object({{"until", until}}); }

Value member_or_null(const Value& facts, std::string_view name) {
  const Value* member = facts.find(name);
  return member != nullptr ? *member : Value();
}

/// "It would allow 12 changes:", the first of them, and what was not found out of them.
std::string allowed_in_words(const Value& facts) {
  const Value count = member_or_null(facts, "count"), changes = member_or_null(facts, "changes");
  if (!count.is(Kind::integer) || !changes.is_list()) return "";
  const auto all = static_cast<std::size_t>(count.integer());
  std::string words = all == 0 ? "It would allow no change." : "It would allow " + counted(all, "change") + ":";
  for (const Value& change : changes.list()) words += "\n- " + (change.is_text() ? change.text() : encode_json(change));
  if (all > changes.list().size()) words += "\nand " + std::to_string(all - changes.list().size()) + " more";
  const Value notes = member_or_null(facts, "notes");
  for (const Value& note : notes.is_list() ? notes.list() : Value::List()) words += "\n(" + note.text() + ")";
  return words;
}

/// What is asked, and where it is answered. Chats cut what is long at its end: the link stands before all that may be.
std::string asked_in_words(const std::string& question, const std::string& link) {
  constexpr std::size_t longest_before_link = 1'000;
  const std::string asked = question.empty() ? "" : printable_below(question, "  ") + "\n";
  const std::string way = link.empty() ? "" : link + "\n";
  return asked.size() > longest_before_link ? way + asked : asked + way;
}

/// `approval`, as the steps see it that tell people.
Value approval_told(const Workflow& workflow, const Value& message, const Value& facts,
                    const std::optional<Timestamp>& expires) {
  const std::string& name = workflow.name.empty() ? workflow.id : workflow.name;
  const Value link = member_or_null(facts, "link");
  Value text = Value::unknown("what people are told");
  if (!facts.contains_unknown() && !message.contains_unknown()) {
    const std::string asked = message.is_text() ? message.text() : encode_json(message);
    text = Value(asked_in_words(asked, link.is_text() ? link.text() : "") + allowed_in_words(facts));
  }
  return Value::object({{"subject", "Approval: " + name},
                        {"text", std::move(text)},
                        {"message", message},
                        {"link", link},
                        {"expires", expires ? Value(*expires) : Value()},
                        {"count", member_or_null(facts, "count")},
                        {"changes", member_or_null(facts, "changes")},
                        {"notes", member_or_null(facts, "notes")}});
}

}  // namespace

RunEvent waited(StepPath path, Timestamp until, Timestamp now) {
  return step_outcome(std::move(path), wait_output(until), now);
}

void Decider::order_wait(Command::Type type, const Spot& spot, Timestamp until) {
  Command wait;
  wait.type = type;
  wait.path = spot.path;
  wait.until = until;
  decision_.commands.push_back(std::move(wait));
}

Decider::Progress Decider::begin(const WaitBlock& what, const Spot& spot) {
  std::optional<Timestamp> due;
  if (what.time) {
    const auto later = add(lasting_, *what.time);
    if (!later) return fail_step(spot, later.error());
    due = *later;
  } else if (what.until) {
    const auto until = what.until->expression.evaluate(spot.names);
    if (!until) return fail_step(spot, until.error());
    if (until->is_unknown()) return undecided(spot, *until);
    if (!until->is(Kind::timestamp)) {
      return fail_step(spot, Error{ErrorCode::invalid, "wait until \"" + what.until->expression.text() + "\" gives " +
                                                           std::string(name_of(until->kind())) + ", not a time"});
    }
    due = until->timestamp();
  }
  start_step(spot);
  emit(StepWaiting{spot.path, due});
  const Progress progress = advance_wait(spot);
  if (progress == Progress::working) order_wait(Command::Type::wait, spot, *due);
  return progress;
}

Decider::Progress Decider::begin(const ApproveBlock& what, const Spot& spot) {
  const auto message = what.message.evaluate(spot.names);
  if (!message) return fail_step(spot, message.error());
  std::optional<Timestamp> expires;
  if (what.expires) {
    const auto later = add(lasting_, *what.expires);
    if (!later) return fail_step(spot, later.error());
    expires = *later;
  }
  start_step(spot);
  emit(StepWaiting{spot.path, expires, *message});
  const Progress progress = advance_approval(spot);
  if (progress == Progress::working) order_wait(Command::Type::prepare, spot, {});
  return progress;
}

Decider::Progress Decider::begin(const CallBlock& what, const Spot& spot) {
  auto event = what.with.evaluate(spot.names);
  const Status kept = event ? may_hold(state_, *event) : event.error();
  if (!kept) return fail_step(spot, kept.error());
  start_step(spot, event->is_null() ? Value(Map()) : *event);
  Command call;
  call.type = Command::Type::call;
  call.path = spot.path;
  call.called = &what;
  call.input = spot.state.input;
  call.begun = spot.state.begun;
  call.attempt = spot.state.attempts;
  decision_.commands.push_back(std::move(call));
  watch_time(spot);
  return Progress::working;
}

/// People are told once it is known what they are to be told, and before they are waited for. Whoever answers before
/// that, and the end of their time, end the telling: what is on its way is seen to its end, nothing further begins.
Decider::Progress Decider::advance_approval(const Spot& spot) {
  const auto& what = std::get<ApproveBlock>(spot.step.what);
  const bool late = spot.state.waits_until && lasting_ >= *spot.state.waits_until;
  const bool over = late || spot.state.answer || cancelling_ > 0;
  const bool told = what.notify.empty() || spot.state.opened > 0;
  if (spot.state.prepared && !told && !over) emit(BlockOpened{spot.path, 0});
  if (!spot.state.blocks.empty()) {
    const Progress progress = advance_telling(spot, over);
    if (progress == Progress::failed) return settle(spot, *spot.state.blocks.front().steps.back().failure);
    if (progress != Progress::done) {
      if (spot.state.waits_until && !late) wake_at(*spot.state.waits_until);
      return progress;
    }
    emit(BlockClosed{spot.path, 0});
  }
  if (spot.state.prepared && !over) order_wait(Command::Type::ask, spot, {});
  return advance_wait(spot);
}

Decider::Progress Decider::advance_telling(const Spot& spot, bool over) {
  const auto& what = std::get<ApproveBlock>(spot.step.what);
  BlockState& block = spot.state.blocks.front();
  StepPath inside = spot.path;
  inside.push_back(0);
  const auto message = what.message.evaluate(spot.names);
  Bindings names;
  names.set_parent(&spot.names);
  names.set("approval",
            approval_told(workflow_, message ? *message : Value(""), *spot.state.prepared, spot.state.waits_until));
  Progress progress = Progress::done;
  ++telling_;
  if (!over) {
    progress = advance_block(block, what.notify, std::move(inside), names);
  } else if (!block.steps.empty() &&
             (block.steps.back().status == StepStatus::running || block.steps.back().handling)) {
    inside.push_back(static_cast<std::uint32_t>(block.steps.size() - 1));
    ++cancelling_;
    const Progress last = advance_step({block.steps.back(), what.notify[inside.back()], inside, names});
    --cancelling_;
    if (last == Progress::working) progress = last;
  }
  --telling_;
  return progress;
}

/// Of wait and approve: whether the time has come, or somebody has spoken.
Decider::Progress Decider::advance_wait(const Spot& spot) {
  if (cancelling_ > 0) return fail_step(spot, Error{ErrorCode::cancelled, "called off"});
  const auto* wait = std::get_if<WaitBlock>(&spot.step.what);
  const bool by_clock = wait != nullptr && wait->until.has_value();
  const bool due = spot.state.waits_until && (by_clock ? now_ : lasting_) >= *spot.state.waits_until;
  if (wait != nullptr) {
    if (due) return finish_step(spot, wait_output(*spot.state.waits_until));
  } else if (spot.state.answer) {
    const auto& [answered, approved, by, comment] = *spot.state.answer;
    if (approved) return finish_step(spot, Value::object({{"approved", true}, {"by", by}, {"comment", comment}}));
    return fail_step(spot, Error{ErrorCode::denied, by + " did not agree" + (comment.empty() ? "" : ": " + comment)});
  } else if (due) {
    return fail_step(spot, Error{ErrorCode::timeout, "nobody has agreed in time"});
  }
  if (spot.state.waits_until)
    wake_at(by_clock ? seen_from(now_, lasting_, *spot.state.waits_until) : *spot.state.waits_until);
  watch_time(spot);
  return Progress::working;
}

}  // namespace millrace
