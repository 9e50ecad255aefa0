#include "journal/codec.hpp"

#include <bit>
#include <cstring>

namespace millrace {

namespace {

constexpr char format = 1;
constexpr int deepest = 200;  // beyond what JSON and CEL can make

// One byte before each value. Stored: append, never renumber.
enum class Tag : unsigned char {
  null = 0,
  no = 1,
  yes = 2,
  integer = 3,
  unsigned_integer = 4,
  number = 5,
  text = 6,
  bytes = 7,
  list = 8,
  map = 9,
  timestamp = 10,
  duration = 11,
  type = 12,
  none = 13,
  some = 14,
  unknown = 15,
};

class Writer {
 public:
  std::string take() { return std::move(out_); }

  void byte(unsigned char value) { out_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      byte(static_cast<unsigned char>(value | 0x80));
      value >>= 7;
    }
    byte(static_cast<unsigned char>(value));
  }
  void signed_number(std::int64_t value) {
    number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  void time(Timestamp time) {
    signed_number(time.seconds);
    number(static_cast<std::uint64_t>(time.nanos));
  }

  void value(const Value& value) {
    switch (value.kind()) {
      case Kind::null:
        return tag(Tag::null);
      case Kind::boolean:
        return tag(value.boolean() ? Tag::yes : Tag::no);
      case Kind::integer:
        tag(Tag::integer);
        return signed_number(value.integer());
      case Kind::unsigned_integer:
        tag(Tag::unsigned_integer);
        return number(value.unsigned_integer());
      case Kind::number: {
        tag(Tag::number);
        const auto bits = std::bit_cast<std::uint64_t>(value.number());
        for (int shift = 0; shift < 64; shift += 8) byte(static_cast<unsigned char>(bits >> shift));
        return;
      }
      case Kind::text:
        tag(Tag::text);
        return text(value.text());
      case Kind::bytes:
        tag(Tag::bytes);
        return text(value.bytes());
      case Kind::list:
        tag(Tag::list);
        number(value.list().size());
        for (const Value& item : value.list()) this->value(item);
        return;
      case Kind::map:
        tag(Tag::map);
        number(value.map().size());
        for (const auto& [key, member] : value.map()) {
          this->value(key);
          this->value(member);
        }
        return;
      case Kind::timestamp:
        tag(Tag::timestamp);
        return time(value.timestamp());
      case Kind::duration:
        tag(Tag::duration);
        return signed_number(value.duration().count());
      case Kind::type:
        tag(Tag::type);
        return text(value.type_name());
      case Kind::optional:
        if (value.optional_value() == nullptr) return tag(Tag::none);
        tag(Tag::some);
        return this->value(*value.optional_value());
      case Kind::unknown:
        tag(Tag::unknown);
        return text(value.unknown_what());
    }
  }

 private:
  void tag(Tag tag) { byte(static_cast<unsigned char>(tag)); }
  std::string out_;
};

/// Reads what `Writer` wrote. After the first thing that does not fit everything reads as nothing, and `good` says so.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  bool good() const noexcept { return good_; }
  bool at_end() const noexcept { return in_.empty(); }

  unsigned char byte() {
    if (in_.empty()) return fail();
    const auto value = static_cast<unsigned char>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const unsigned char part = byte();
      value |= static_cast<std::uint64_t>(part & 0x7f) << shift;
      if ((part & 0x80) == 0) return value;
    }
    return fail();
  }
  std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > in_.size()) {
      fail();
      return {};
    }
    const std::string_view text = in_.substr(0, size);
    in_.remove_prefix(size);
    return text;
  }
  Timestamp time() {
    const std::int64_t seconds = signed_number();
    const std::uint64_t nanos = number();
    if (nanos > 999'999'999) fail();
    return {seconds, static_cast<std::int32_t>(nanos % 1'000'000'000)};
  }
  Value value(int depth = 0) {
    if (depth > deepest) fail();
    if (!good_) return Value();
    switch (static_cast<Tag>(byte())) {
      case Tag::null:
        return Value();
      case Tag::no:
        return false;
      case Tag::yes:
        return true;
      case Tag::integer:
        return signed_number();
      case Tag::unsigned_integer:
        return number();
      case Tag::number: {
        std::uint64_t bits = 0;
        for (int shift = 0; shift < 64; shift += 8) bits |= static_cast<std::uint64_t>(byte()) << shift;
        return std::bit_cast<double>(bits);
      }
      case Tag::text:
        return std::string(text());
      case Tag::bytes:
        return Value::bytes(std::string(text()));
      case Tag::list:
        return list(depth);
      case Tag::map:
        return map(depth);
      case Tag::timestamp:
        return time();
      case Tag::duration:
        return Duration(signed_number());
      case Tag::type:
        return Value::type(std::string(text()));
      case Tag::none:
        return Value::no_optional();
      case Tag::some:
        return Value::optional(value(depth + 1));
      case Tag::unknown:
        return Value::unknown(std::string(text()));
    }
    fail();
    return Value();
  }
  unsigned char fail() {
    good_ = false;
    in_ = {};
    return 0;
  }
  std::size_t left() const noexcept { return in_.size(); }

 private:
  Value list(int depth) {
    const std::uint64_t size = number();
    Value::List items;
    if (size > in_.size()) fail();  // each item takes a byte at least
    if (good_) items.reserve(size);
    for (std::uint64_t i = 0; good_ && i < size; ++i) items.push_back(value(depth + 1));
    return Value(std::move(items));
  }
  Value map(int depth) {
    const std::uint64_t size = number();
    Map members;
    if (size > in_.size()) fail();
    for (std::uint64_t i = 0; good_ && i < size; ++i) {
      Value key = value(depth + 1);
      members.set(std::move(key), value(depth + 1));
    }
    return Value(std::move(members));
  }

  std::string_view in_;
  bool good_ = true;
};

// Which parts an event has: one bit each.
constexpr unsigned char has_block = 1, has_data = 2, has_failure = 4, has_again = 8, has_outcome = 16;

void write_event(Writer& out, const RunEvent& event) {
  out.byte(static_cast<unsigned char>(event.type));
  unsigned char parts = 0;
  if (event.block != 0) parts |= has_block;
  if (!event.data.is_null()) parts |= has_data;
  if (event.failure) parts |= has_failure;
  if (event.at_again) parts |= has_again;
  if (event.outcome != RunOutcome::running) parts |= has_outcome;
  out.byte(parts);
  out.time(event.at);
  out.number(event.path.size());
  for (const std::uint32_t part : event.path) out.number(part);
  if (event.block != 0) out.number(event.block);
  if (!event.data.is_null()) {
    if (event.type == RunEvent::Type::run_started && event.data.find("event") != nullptr) {
      Map rest = event.data.map();
      rest.set("event", Value());
      out.value(Value(std::move(rest)));
    } else {
      out.value(event.data);
    }
  }
  if (event.failure) {
    out.byte(static_cast<unsigned char>(event.failure->code));
    out.text(event.failure->message);
  }
  if (event.at_again) out.time(*event.at_again);
  if (event.outcome != RunOutcome::running) out.byte(static_cast<unsigned char>(event.outcome));
}

RunEvent read_event(Reader& in, const Value& payload) {
  RunEvent event;
  const unsigned char type = in.byte();
  if (type > static_cast<unsigned char>(RunEvent::Type::engine_died)) in.fail();
  event.type = static_cast<RunEvent::Type>(type);
  const unsigned char parts = in.byte();
  event.at = in.time();
  const std::uint64_t length = in.number();
  if (length > in.left()) in.fail();
  for (std::uint64_t i = 0; in.good() && i < length; ++i) event.path.push_back(static_cast<std::uint32_t>(in.number()));
  if ((parts & has_block) != 0) event.block = static_cast<std::uint32_t>(in.number());
  if ((parts & has_data) != 0) event.data = in.value();
  if (event.type == RunEvent::Type::run_started && event.data.is_map()) {
    Map whole = event.data.map();
    whole.set("event", payload);
    event.data = Value(std::move(whole));
  }
  if ((parts & has_failure) != 0) {
    const unsigned char code = in.byte();
    if (code > static_cast<unsigned char>(ErrorCode::internal)) in.fail();
    event.failure = Error{static_cast<ErrorCode>(code), std::string(in.text())};
  }
  if ((parts & has_again) != 0) event.at_again = in.time();
  if ((parts & has_outcome) != 0) {
    const unsigned char outcome = in.byte();
    if (outcome > static_cast<unsigned char>(RunOutcome::cancelled)) in.fail();
    event.outcome = static_cast<RunOutcome>(outcome);
  }
  return event;
}

Error damaged(const char* what) {
  return {ErrorCode::internal,
          std::string("the store holds ") + what +
              " that cannot be read: it is damaged, or of a newer version; see \"millrace doctor\""};
}

}  // namespace

std::string encode_value(const Value& value) {
  Writer out;
  out.byte(format);
  out.value(value);
  return out.take();
}

Result<Value> decode_value(std::string_view bytes) {
  Reader in(bytes);
  const bool known = in.byte() == format;
  Value value = known ? in.value() : Value();
  if (!known || !in.good() || !in.at_end()) return damaged("a value");
  return value;
}

std::string encode_payload(const Value& payload, const std::vector<std::string>& chain) {
  if (payload.is_null() && chain.empty()) return "";
  Writer out;
  out.byte(format);
  out.value(payload);
  for (const std::string& workflow : chain) out.text(workflow);
  return out.take();
}

Status decode_payload(std::string_view bytes, Value& payload, std::vector<std::string>& chain) {
  Reader in(bytes);
  const bool known = in.byte() == format;
  if (known) payload = in.value();
  while (known && in.good() && !in.at_end()) chain.emplace_back(in.text());
  if (!known || !in.good()) return damaged("an event");
  return Done{};
}

std::string encode_events(const std::vector<RunEvent>& events) {
  Writer out;
  out.byte(format);
  out.number(events.size());
  for (const RunEvent& event : events) write_event(out, event);
  return out.take();
}

Status decode_events(std::string_view bytes, const Value& payload, std::vector<RunEvent>& events) {
  Reader in(bytes);
  const bool known = in.byte() == format;
  const std::uint64_t count = known ? in.number() : 0;
  if (!known || count > in.left()) return damaged("a part of a run");
  for (std::uint64_t i = 0; in.good() && i < count; ++i) events.push_back(read_event(in, payload));
  if (!in.good() || !in.at_end()) return damaged("a part of a run");
  return Done{};
}

}  // namespace millrace
