#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "journal/codec.hpp"
#include "run_events.hpp"
#include "value/json.hpp"

// `events-1.txt` and `events-2.txt` have what was written by the programs of the first and the second form of events,
// one line each: the name of its kind, its bytes, and what they say. Both tell of the same events, line by line. Stores
// that are out there hold these bytes, so no line of them may ever be changed; what a newer program writes in another
// way, or as another kind, becomes a line more in the newest file.

namespace millrace {

namespace {

using test::said_by;

struct Line {
  std::string kind, bytes, said;
};

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
  return bytes;
}

std::vector<Line> golden_lines(const std::string& name) {
  std::ifstream file(TEST_DATA "/journal/" + name);
  std::vector<Line> lines;
  Line line;
  for (std::string hex; file >> line.kind >> hex && std::getline(file >> std::ws, line.said);) {
    line.bytes = from_hex(hex);
    lines.push_back(line);
  }
  return lines;
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    hex += digits[static_cast<unsigned char>(byte) >> 4];
    hex += digits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

std::string_view kind_of(const RunEvent& event) {
  return std::visit([](const auto& what) { return what.kind; }, event.what);
}

template <std::size_t... Index>
std::vector<std::string_view> all_kinds(std::index_sequence<Index...>) {
  return {std::variant_alternative_t<Index, Happening>::kind...};
}

const Value payload = Value::object({{"n", std::int64_t{3}}});

}  // namespace

TEST_CASE("every kind of event is read as it is written, and written so again") {
  std::set<std::string_view> met;
  for (const Line& line : golden_lines("events-2.txt")) {
    CAPTURE(line.kind);
    std::vector<RunEvent> events;
    REQUIRE(decode_events(line.bytes, payload, events));
    REQUIRE(events.size() == 1);
    met.insert(kind_of(events[0]));
    CHECK(kind_of(events[0]) == line.kind);
    CHECK(said_by(events[0]) == line.said);
    CHECK(hex_of(encode_events(events)) == hex_of(line.bytes));
  }
  for (const std::string_view kind : all_kinds(std::make_index_sequence<std::variant_size_v<Happening>>()))
    CHECK_MESSAGE(met.contains(kind), kind);
}

TEST_CASE("every kind of event as it was written first says the same as it does today") {
  const std::vector<Line> first = golden_lines("events-1.txt"), today = golden_lines("events-2.txt");
  REQUIRE(first.size() <= today.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CAPTURE(first[i].said);
    std::vector<RunEvent> events;
    REQUIRE(decode_events(first[i].bytes, payload, events));
    REQUIRE(events.size() == 1);
    CHECK(kind_of(events[0]) == first[i].kind);
    CHECK(said_by(events[0]) == today[i].said);
    CHECK(hex_of(encode_events(events)) == hex_of(today[i].bytes));
  }
}

TEST_CASE("events are read one after the other, as the store keeps them, in either form") {
  for (const char* name : {"events-1.txt", "events-2.txt"}) {
    const std::vector<Line> lines = golden_lines(name), today = golden_lines("events-2.txt");
    REQUIRE(lines.size() < 0x80);
    std::string bytes = {lines.front().bytes[0], static_cast<char>(lines.size())};
    for (const Line& line : lines) bytes += line.bytes.substr(2);
    std::vector<RunEvent> events;
    REQUIRE(decode_events(bytes, payload, events));
    REQUIRE(events.size() == lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) CHECK(said_by(events[i]) == today[i].said);
  }
}

}  // namespace millrace
