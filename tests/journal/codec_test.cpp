#include "journal/codec.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "value/json.hpp"

namespace millrace {

namespace {

/// Also tells apart what CEL takes for equal: 1 and 1.0, one zero from the other, the order of a map.
std::string outline(const Value& value) {
  const std::string kind = std::to_string(static_cast<int>(value.kind())) + ":";
  switch (value.kind()) {
    case Kind::null:
      return kind;
    case Kind::boolean:
      return kind + (value.boolean() ? "true" : "false");
    case Kind::integer:
      return kind + std::to_string(value.integer());
    case Kind::unsigned_integer:
      return kind + std::to_string(value.unsigned_integer());
    case Kind::number:
      return kind + std::to_string(value.number()) + (std::signbit(value.number()) ? "-" : "+");
    case Kind::text:
      return kind + value.text();
    case Kind::bytes:
      return kind + value.bytes();
    case Kind::timestamp:
      return kind + std::to_string(value.timestamp().seconds) + "." + std::to_string(value.timestamp().nanos);
    case Kind::duration:
      return kind + std::to_string(value.duration().count());
    case Kind::type:
      return kind + value.type_name();
    case Kind::unknown:
      return kind + value.unknown_what();
    case Kind::optional:
      return kind + (value.optional_value() != nullptr ? outline(*value.optional_value()) : "none");
    case Kind::list: {
      std::string text = kind + "[";
      for (const Value& item : value.list()) text += outline(item) + ",";
      return text + "]";
    }
    case Kind::map: {
      std::string text = kind + "{";
      for (const auto& [key, member] : value.map()) text += outline(key) + "=" + outline(member) + ",";
      return text + "}";
    }
  }
  return "";
}

std::vector<Value> values_of_every_kind() {
  Map keys;
  keys.set(true, "bool");
  keys.set(std::int64_t{-7}, "int");
  keys.set(std::uint64_t{7}, "uint");
  keys.set("text", Value());
  std::vector<Value> values = {Value(),
                               true,
                               false,
                               std::int64_t{0},
                               std::int64_t{-1},
                               INT64_MIN,
                               INT64_MAX,
                               std::uint64_t{0},
                               UINT64_MAX,
                               0.0,
                               -0.0,
                               1.5,
                               std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::denorm_min(),
                               "",
                               "zwölf",
                               std::string("a\0b", 3),
                               std::string(300, 'x'),
                               Value::bytes(""),
                               Value::bytes(std::string("\xff\x00", 2)),
                               Timestamp{0, 0},
                               Timestamp{-62'135'596'800, 1},
                               Timestamp{253'402'300'799, 999'999'999},
                               Duration(0),
                               Duration(-1),
                               Duration::max(),
                               Duration::min(),
                               Value::type("google.protobuf.Timestamp"),
                               Value::no_optional(),
                               Value::optional(Value::optional(Value())),
                               Value::unknown("the id of tag vip"),
                               Value(Value::List{}),
                               Value(Map()),
                               Value(keys)};
  Value::List all(values.begin(), values.end());
  values.push_back(Value(all));
  Value deep = "end";
  for (int i = 0; i < 150; ++i) deep = Value(Value::List{deep});
  values.push_back(deep);
  return values;
}

std::vector<RunEvent> events_of_every_type() {
  std::vector<RunEvent> events;
  for (unsigned char type = 0; type <= static_cast<unsigned char>(RunEvent::Type::run_reopened); ++type) {
    RunEvent event;
    event.type = static_cast<RunEvent::Type>(type);
    event.at = {1'772'323'200 + type, 5};
    if (type % 2 == 0) event.path = {0, type, handler_block};
    if (type % 3 == 0) event.block = type + 1u;
    if (type % 4 != 3) event.data = Value::object({{"n", static_cast<std::int64_t>(type)}, {"event", Value()}});
    if (type % 5 == 0) event.failure = Error{static_cast<ErrorCode>(type % 10), "it failed"};
    if (type % 6 == 0) event.at_again = Timestamp{1'772'323'300, 999'999'999};
    if (type % 7 == 0) event.outcome = static_cast<RunOutcome>(type % 8);
    events.push_back(event);
  }
  return events;
}

std::string outline(const RunEvent& event) {
  std::string text = std::to_string(static_cast<int>(event.type)) + " " + render(event.path) + " " +
                     std::to_string(event.block) + " " + outline(event.data) + " " + outline(Value(event.at)) + " " +
                     std::to_string(static_cast<int>(event.outcome));
  if (event.failure) text += " " + std::string(name_of(event.failure->code)) + ": " + event.failure->message;
  if (event.at_again) text += " again " + outline(Value(*event.at_again));
  return text;
}

std::string outline(const std::vector<RunEvent>& events) {
  std::string text;
  for (const RunEvent& event : events) text += outline(event) + "\n";
  return text;
}

/// Calls `read` with many damaged forms of `bytes`: flipped bits, changed, removed and doubled bytes.
template <class Read>
void damage(const std::string& bytes, Read read) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      read(damaged);
    }
  }
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    std::string damaged = bytes;
    for (unsigned changes = 1 + random() % 4; changes > 0 && !damaged.empty(); --changes) {
      const std::size_t at = random() % damaged.size();
      switch (random() % 4) {
        case 0:
          damaged[at] = static_cast<char>(random());
          break;
        case 1:
          damaged.erase(at, random() % 5);
          break;
        case 2:
          damaged.insert(at, damaged.substr(random() % damaged.size(), random() % 9));
          break;
        default:
          damaged[at] = '\xff';
      }
    }
    read(damaged);
  }
}

}  // namespace

TEST_CASE("a value of any kind comes back exactly") {
  for (const Value& value : values_of_every_kind()) {
    const auto decoded = decode_value(encode_value(value));
    REQUIRE(decoded);
    CHECK((outline(*decoded) == outline(value)));
  }
  const auto not_a_number = decode_value(encode_value(std::nan("")));
  CHECK(std::isnan(not_a_number->number()));
}

TEST_CASE("an event of any type comes back exactly, and the payload is put back from the event's own row") {
  const std::vector<RunEvent> events = events_of_every_type();
  std::vector<RunEvent> decoded;
  CHECK(decode_events(encode_events(events), Value(), decoded));
  CHECK(outline(decoded) == outline(events));
  CHECK(decode_events(encode_events({events[3]}), Value(), decoded));  // it appends
  CHECK(decoded.size() == events.size() + 1);

  RunEvent start;
  start.data = Value::object({{"event", std::string(10'000, 'x')}, {"run", "r1"}});
  const std::string bytes = encode_events({start});
  CHECK(bytes.size() < 100);
  decoded.clear();
  CHECK(decode_events(bytes, "the payload", decoded));
  CHECK(encode_json(decoded.front().data) == R"({"event":"the payload","run":"r1"})");
}

TEST_CASE("what is cut off anywhere is an error, never a value") {
  for (const Value& value : values_of_every_kind()) {
    const std::string bytes = encode_value(value);
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode_value(bytes.substr(0, size)));
    CHECK_FALSE(decode_value(bytes + '\0'));
  }
  const std::string bytes = encode_events(events_of_every_type());
  std::vector<RunEvent> events;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode_events(std::string_view(bytes).substr(0, size), Value(), events));
  CHECK_FALSE(decode_events(bytes + '\0', Value(), events));
}

TEST_CASE("damaged bytes are an error or something that can be written again, never a crash") {
  int errors = 0, values = 0;
  for (const Value& value : values_of_every_kind()) {
    damage(encode_value(value), [&](const std::string& bytes) {
      const auto decoded = decode_value(bytes);
      if (decoded) {
        ++values;
        const auto again = decode_value(encode_value(*decoded));
        CHECK((again && outline(*again) == outline(*decoded)));
      } else {
        ++errors;
        CHECK(decoded.error().code == ErrorCode::internal);
      }
    });
  }
  CHECK(errors > 1000);
  CHECK(values > 1000);

  int lists = 0;
  damage(encode_events(events_of_every_type()), [&](const std::string& bytes) {
    std::vector<RunEvent> events, again;
    if (!decode_events(bytes, Value(), events)) return;
    ++lists;
    CHECK(decode_events(encode_events(events), Value(), again));
    CHECK((outline(again) == outline(events)));
  });
  CHECK(lists > 100);
}

TEST_CASE("lengths that lie do not take memory, and what is nested too deeply is refused") {
  const std::string huge = "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  for (const char tag : {'\x06', '\x07', '\x08', '\x09', '\x0c', '\x0f'})
    CHECK_FALSE(decode_value(std::string("\x01") + tag + huge));
  std::vector<RunEvent> events;
  CHECK_FALSE(decode_events("\x01" + huge, Value(), events));
  for (const char tag : {'\x08', '\x0e'}) {
    std::string nested = "\x01";
    for (int i = 0; i < 1'000'000; ++i) nested += tag == '\x08' ? std::string("\x08\x01") : std::string(1, tag);
    CHECK_FALSE(decode_value(nested + std::string(1, '\0')));
  }
}

}  // namespace millrace
