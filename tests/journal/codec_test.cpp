#include "journal/codec.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "run_events.hpp"
#include "value/json.hpp"
#include "workflow/model.hpp"

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

/// Gives every member of an event something to say, by its number.
struct Fill {
  std::uint32_t seed;

  void operator()(unsigned number, const char*, auto& member) { fill(number + seed, member); }

  void fill(std::uint32_t number, bool& member) { member = number % 2 == 0; }
  void fill(std::uint32_t number, std::uint32_t& member) { member = number * 100; }
  void fill(std::uint32_t number, RunOutcome& member) { member = static_cast<RunOutcome>(number % 8); }
  void fill(std::uint32_t number, std::string& member) { member = "text " + std::to_string(number); }
  void fill(std::uint32_t number, EffectKey& member) { member = {"r1", {0, number}, number % 2, "/asked#1"}; }
  void fill(std::uint32_t number, StepPath& member) { member = {0, number, handler_block}; }
  void fill(std::uint32_t number, Timestamp& member) { member = {1'772'323'300, static_cast<std::int32_t>(number)}; }
  void fill(std::uint32_t number, Error& member) { member = {static_cast<ErrorCode>(number % 10), "it failed"}; }
  void fill(std::uint32_t number, Value& member) { member = Value::object({{"n", std::int64_t{number}}}); }
  template <class T>
  void fill(std::uint32_t number, std::optional<T>& member) {
    if (seed % 2 == 0) fill(number, member.emplace());
  }
};

template <std::size_t Index = 0>
void add_events_of_every_kind(std::vector<RunEvent>& events) {
  if constexpr (Index < std::variant_size_v<Happening>) {
    for (std::uint32_t seed = 0; seed < 3; ++seed) {
      RunEvent event{{1'772'323'200 + seed, 5}, Happening(std::in_place_index<Index>)};
      Fill fill{seed};
      if (seed > 0) std::get<Index>(event.what).members(std::get<Index>(event.what), fill);
      if (auto* started = std::get_if<RunStarted>(&event.what)) started->event = Value();
      events.push_back(std::move(event));
    }
    add_events_of_every_kind<Index + 1>(events);
  }
}

/// Each with nothing in it, and twice with something in every member that must be there or may be.
std::vector<RunEvent> events_of_every_kind() {
  std::vector<RunEvent> events;
  add_events_of_every_kind(events);
  return events;
}

std::string outline(const std::vector<RunEvent>& events) {
  std::string text;
  test::Said said(outline);
  for (const RunEvent& event : events) text += said.by(event) + "\n";
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

TEST_CASE("an event of any kind comes back exactly, and the payload is put back from the event's own row") {
  const std::vector<RunEvent> events = events_of_every_kind();
  std::vector<RunEvent> decoded;
  CHECK(decode_events(encode_events(events), Value(), decoded));
  CHECK(outline(decoded) == outline(events));
  CHECK(decode_events(encode_events({events[3]}), Value(), decoded));  // it appends
  CHECK(decoded.size() == events.size() + 1);

  const std::string bytes = encode_events({{{}, RunStarted{std::string(10'000, 'x'), "r1"}}});
  CHECK(bytes.size() < 100);
  decoded.clear();
  CHECK(decode_events(bytes, "the payload", decoded));
  const auto& started = std::get<RunStarted>(decoded.front().what);
  CHECK(started.event == Value("the payload"));
  CHECK(started.run == Value("r1"));
}

TEST_CASE("a member that only a newer program knows is passed over, and a kind that it alone knows is an error") {
  const std::string number = "\x80\x04\x07", bytes = std::string("\x81\x04\x03") + "new";  // heads of member 128
  const std::string value = "\x82\x04" + encode_value("new").substr(1);
  for (const RunEvent& event : events_of_every_kind()) {
    const std::string known = encode_events({event});
    const auto with = [&known](const std::string& member) {
      return known.substr(0, known.size() - 1) + member + known.substr(known.size() - 1);
    };
    std::vector<RunEvent> decoded;
    for (const std::string& member : {number, bytes, value, value + number + bytes})
      CHECK(decode_events(with(member), Value(), decoded));
    for (const RunEvent& each : decoded) CHECK(outline({each}) == outline({event}));
    CHECK_FALSE(decode_events(with("\x83\x04\x01"), Value(), decoded));  // a form that nobody knows
  }
  std::string unknown = encode_events({{{}, EngineDied{}}});
  unknown[2] = '\x7f';
  std::vector<RunEvent> decoded;
  CHECK_FALSE(decode_events(unknown, Value(), decoded));
}

TEST_CASE("what is cut off anywhere is an error, never a value") {
  for (const Value& value : values_of_every_kind()) {
    const std::string bytes = encode_value(value);
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode_value(bytes.substr(0, size)));
    CHECK_FALSE(decode_value(bytes + '\0'));
  }
  const std::string bytes = encode_events(events_of_every_kind());
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
  damage(encode_events(events_of_every_kind()), [&](const std::string& bytes) {
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
  for (const char* form : {"\x01", "\x02"}) CHECK_FALSE(decode_events(form + huge, Value(), events));
  for (const char tag : {'\x08', '\x0e'}) {
    std::string nested = "\x01";
    for (int i = 0; i < 1'000'000; ++i) nested += tag == '\x08' ? std::string("\x08\x01") : std::string(1, tag);
    CHECK_FALSE(decode_value(nested + std::string(1, '\0')));
  }
}

}  // namespace millrace
