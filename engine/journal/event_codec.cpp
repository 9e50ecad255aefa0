#include "journal/event_codec.hpp"

#include <limits>
#include <utility>

namespace millrace {

namespace {

// An event is the number of its kind, its time, and its members, each after `number * forms + form`; 0 ends them. The
// form tells a reader that does not know the member how much to pass over. What says nothing (null, 0, no text) is left
// out. Stored: append, never renumber.
enum class Form : std::uint8_t {
  number = 0,  ///< one number
  bytes = 1,   ///< their count, and the bytes
  value = 2,   ///< a value
};
constexpr std::uint64_t forms = 4;

class MemberWriter {
 public:
  explicit MemberWriter(ByteWriter& out) : out_(out) {}
  void operator()(unsigned number, const char*, const auto& member) { write(number, member); }

 private:
  void write(unsigned number, bool member) { write(number, std::uint32_t{member}); }
  void write(unsigned number, RunOutcome member) { write(number, static_cast<std::uint32_t>(member)); }
  void write(unsigned number, std::uint32_t member) {
    if (member == 0) return;
    begin(number, Form::number);
    out_.number(member);
  }
  void write(unsigned number, const std::string& member) {
    if (member.empty()) return;
    begin(number, Form::bytes);
    out_.text(member);
  }
  void write(unsigned number, const EffectKey& member) { write(number, render(member)); }
  void write(unsigned number, const StepPath& member) {
    if (member.empty()) return;
    begin(number, Form::bytes);
    ByteWriter path;
    for (const std::uint32_t part : member) path.number(part);
    out_.text(path.take());
  }
  void write(unsigned number, const Error& member) {
    begin(number, Form::bytes);
    ByteWriter failure;
    failure.byte(static_cast<unsigned char>(member.code));
    failure.text(member.message);
    out_.text(failure.take());
  }
  void write(unsigned number, const Value& member) {
    if (!member.is_null()) write_whole(number, member);
  }
  void write(unsigned number, Timestamp member) { write_whole(number, member); }
  void write(unsigned number, const std::optional<Value>& member) {
    if (member) write_whole(number, *member);
  }
  template <class T>
  void write(unsigned number, const std::optional<T>& member) {
    if (member) write(number, *member);
  }

  void write_whole(unsigned number, const Value& member) {
    begin(number, Form::value);
    out_.value(member);
  }
  void begin(unsigned number, Form form) { out_.number(number * forms + static_cast<std::uint64_t>(form)); }

  ByteWriter& out_;
};

/// Reads one member of whatever has the number that stands before it.
class MemberReader {
 public:
  explicit MemberReader(ByteReader& in, std::uint64_t head)
      : in_(in), number_(head / forms), form_(static_cast<Form>(head % forms)) {}

  void operator()(unsigned number, const char*, auto& member) {
    if (number != number_) return;
    known_ = true;
    read(member);
  }

  void pass_over_if_unknown() {
    if (known_) return;
    if (form_ == Form::number) return void(in_.number());
    if (form_ == Form::bytes) return void(in_.text());
    if (form_ == Form::value) return void(in_.value());
    in_.fail();
  }

 private:
  void read(bool& member) { member = small_number() != 0; }
  void read(std::uint32_t& member) { member = small_number(); }
  void read(RunOutcome& member) {
    if (expect(Form::number)) member = read_outcome(in_);
  }
  void read(std::string& member) {
    if (expect(Form::bytes)) member = in_.text();
  }
  void read(EffectKey& member) {
    if (expect(Form::bytes)) member = parse_effect_key(in_.text());
  }
  void read(StepPath& member) {
    if (!expect(Form::bytes)) return;
    ByteReader path(in_.text());
    member.clear();
    while (path.good() && !path.at_end()) member.push_back(static_cast<std::uint32_t>(path.number()));
    if (!path.good()) in_.fail();
  }
  void read(Error& member) {
    if (!expect(Form::bytes)) return;
    ByteReader failure(in_.text());
    member = read_failure(failure);
    if (!failure.good()) in_.fail();
  }
  void read(Value& member) {
    if (expect(Form::value)) member = in_.value();
  }
  void read(Timestamp& member) {
    Value time;
    read(time);
    if (!time.is(Kind::timestamp)) return void(in_.fail());
    member = time.timestamp();
  }
  template <class T>
  void read(std::optional<T>& member) {
    read(member.emplace());
  }

  std::uint32_t small_number() {
    if (!expect(Form::number)) return 0;
    const std::uint64_t number = in_.number();
    if (number > std::numeric_limits<std::uint32_t>::max()) in_.fail();
    return static_cast<std::uint32_t>(number);
  }
  bool expect(Form form) {
    if (form_ != form) in_.fail();
    return form_ == form;
  }

  ByteReader& in_;
  std::uint64_t number_;
  Form form_;
  bool known_ = false;
};

template <std::size_t... Index>
std::optional<Happening> happening_of(std::uint64_t number, std::index_sequence<Index...>) {
  std::optional<Happening> made;
  ((number == Index ? void(made.emplace(std::in_place_index<Index>)) : void()), ...);
  return made;
}

}  // namespace

void write_event(ByteWriter& out, const RunEvent& event) {
  out.number(event.what.index());
  out.time(event.at);
  MemberWriter members(out);
  if (const auto* started = std::get_if<RunStarted>(&event.what)) {
    RunStarted kept = *started;
    kept.event = Value();
    RunStarted::members(kept, members);
  } else {
    std::visit([&members](const auto& what) { what.members(what, members); }, event.what);
  }
  out.number(0);
}

RunEvent read_event(ByteReader& in) {
  RunEvent event;
  auto what = happening_of_kind(in.number());
  if (!what) in.fail();
  event.at = in.time();
  if (!in.good()) return event;
  event.what = std::move(*what);
  while (const std::uint64_t head = in.number()) {
    MemberReader member(in, head);
    std::visit([&member](auto& kind) { kind.members(kind, member); }, event.what);
    member.pass_over_if_unknown();
  }
  return event;
}

std::optional<Happening> happening_of_kind(std::uint64_t number) {
  return happening_of(number, std::make_index_sequence<std::variant_size_v<Happening>>());
}

Error read_failure(ByteReader& in) {
  const unsigned char code = in.byte();
  if (code > static_cast<unsigned char>(ErrorCode::unconnected)) in.fail();
  return {static_cast<ErrorCode>(code), std::string(in.text())};
}

RunOutcome read_outcome(ByteReader& in) {
  const std::uint64_t outcome = in.number();
  if (outcome > static_cast<std::uint64_t>(RunOutcome::cancelled)) in.fail();
  return static_cast<RunOutcome>(outcome);
}

}  // namespace millrace
