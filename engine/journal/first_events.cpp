#include "journal/first_events.hpp"

#include <utility>

#include "journal/event_codec.hpp"

namespace millrace {

namespace {

constexpr std::uint64_t kinds_of_old = 24;  // never grows

// Which members an event has: one bit each.
constexpr unsigned char has_block = 1, has_data = 2, has_failure = 4, has_again = 8, has_outcome = 16;

struct FirstForm {
  StepPath path;
  std::uint32_t block = 0;
  Value data;
  std::optional<Error> failure;
  std::optional<Timestamp> at_again;
  RunOutcome outcome = RunOutcome::running;

  Value part(std::string_view name) const {
    const Value* found = data.find(name);
    return found != nullptr ? *found : Value();
  }
  EffectKey effect() const { return parse_effect_key(data.text_or("key")); }
  Error reason() const { return failure ? *failure : Error(); }
};

FirstForm read_members(ByteReader& in, unsigned char members) {
  FirstForm old;
  const std::uint64_t length = in.number();
  if (length > in.left()) in.fail();
  for (std::uint64_t i = 0; in.good() && i < length; ++i) old.path.push_back(static_cast<std::uint32_t>(in.number()));
  if ((members & has_block) != 0) old.block = static_cast<std::uint32_t>(in.number());
  if ((members & has_data) != 0) old.data = in.value();
  if ((members & has_failure) != 0) old.failure = read_failure(in);
  if ((members & has_again) != 0) old.at_again = in.time();
  if ((members & has_outcome) != 0) old.outcome = read_outcome(in);
  return old;
}

/// What the members meant for each kind that had some. No later kind was ever written so (`kinds_of_old`).
struct Meaning {
  const FirstForm& old;
  Timestamp at;

  void operator()(RunStarted& event) const {
    const Value now = old.part("now");
    event = {Value(), old.part("run"), old.part("today"), now.is(Kind::timestamp) ? now.timestamp() : at};
  }
  void operator()(VarsSet& event) const { event = {old.data.is_map() ? old.data : Value(Map())}; }
  void operator()(StepStarted& event) const { event = {old.path, old.data, old.at_again}; }
  void operator()(BlockOpened& event) const { event = {old.path, old.block, old.data}; }
  void operator()(LoopOpened& event) const { event = {old.path, old.data}; }
  void operator()(BlockClosed& event) const { event = {old.path, old.block, old.data, old.failure}; }
  void operator()(StepSucceeded& event) const { event = {old.path, old.data}; }
  void operator()(StepFailed& event) const { event = {old.path, old.reason(), old.at_again, old.data.is_true()}; }
  void operator()(StepSkipped& event) const { event = {old.path, old.data.is_text() ? old.data.text() : ""}; }
  void operator()(StepUndecided& event) const { event = {old.path, old.data}; }
  void operator()(HandlerOpened& event) const { event = {old.path}; }
  void operator()(RunStopping& event) const { event = {old.outcome, old.failure}; }
  void operator()(PhaseOpened& event) const { event = {old.block}; }
  void operator()(RunFinished& event) const { event = {old.outcome, old.failure}; }
  void operator()(CancelAsked& event) const { event = {old.path}; }
  void operator()(ActionFailed& event) const { event = {old.path, old.reason()}; }
  void operator()(StepWaiting& event) const {
    event = {old.path, old.at_again};
    if (const Value* message = old.data.find("message")) event.message = *message;
  }
  void operator()(AnswerGiven& event) const {
    event = {old.path, old.part("approved").is_true(), old.data.text_or("by"), old.data.text_or("comment")};
  }
  void operator()(EffectBegun& event) const { event = {old.effect(), old.data.text_or("action")}; }
  void operator()(EffectEnded& event) const { event = {old.effect(), old.part("output"), old.failure}; }
  void operator()(ChangeMade& event) const {
    Map line;
    for (const auto& [name, value] : old.data.is_map() ? old.data.map() : Map()) {
      if (name != Value("key")) line.set(name, value);
    }
    event = {Value(std::move(line)), old.data.text_or("key")};
  }
  void operator()(StepResolved& event) const {
    event = {old.path, old.part("happened").is_true(), old.part("output"), old.data.text_or("by")};
  }
  void operator()(RunReopened& event) const { event = {old.path, false}; }
  void operator()(auto&) const {}
};

}  // namespace

RunEvent read_first_event(ByteReader& in) {
  RunEvent event;
  const unsigned char kind = in.byte(), members = in.byte();
  event.at = in.time();
  const FirstForm old = read_members(in, members);
  if (kind >= kinds_of_old) in.fail();
  if (!in.good()) return event;
  event.what = *happening_of_kind(kind);
  std::visit(Meaning{old, event.at}, event.what);
  return event;
}

}  // namespace millrace
