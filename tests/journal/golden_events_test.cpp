#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "journal/codec.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

// `events-1.txt` has what was written by the first program that kept such events, one line each: the name of its kind,
// its bytes, and what they say. A store that is out there holds these bytes, so no line of it may ever be changed; what
// a newer program writes in another way, or as another kind, becomes a line more.

namespace millrace {

namespace {

// In the order of their numbers.
constexpr std::array<std::string_view, 24> kinds = {
    "run_started",    "vars_set",     "step_started", "block_opened",   "loop_opened",    "block_closed",
    "step_succeeded", "step_failed",  "step_skipped", "step_undecided", "handler_opened", "run_stopping",
    "phase_opened",   "run_finished", "cancel_asked", "action_failed",  "step_waiting",   "answer_given",
    "effect_begun",   "effect_ended", "change_made",  "step_resolved",  "run_reopened",   "engine_died"};

struct Line {
  std::string kind, bytes, said;
};

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
  return bytes;
}

std::vector<Line> golden_lines() {
  std::ifstream file(TEST_DATA "/journal/events-1.txt");
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

/// What an event says; what it does not say is left out.
std::string said_by(const RunEvent& event) {
  Map said;
  said.set("at", render(event.at));
  if (!event.path.empty()) said.set("path", render(event.path));
  if (event.block != 0) said.set("block", std::int64_t{event.block});
  if (!event.data.is_null()) said.set("data", event.data);
  if (event.failure)
    said.set("failure", Value::object({{"code", name_of(event.failure->code)}, {"message", event.failure->message}}));
  if (event.at_again) said.set("at_again", render(*event.at_again));
  if (event.outcome != RunOutcome::running) said.set("outcome", name_of(event.outcome));
  return encode_json(Value(std::move(said)));
}

const Value payload = Value::object({{"n", std::int64_t{3}}});

}  // namespace

TEST_CASE("every kind of event as it was written first is read, and written so again") {
  std::set<std::string> met;
  for (const Line& line : golden_lines()) {
    CAPTURE(line.kind);
    met.insert(line.kind);
    std::vector<RunEvent> events;
    REQUIRE(decode_events(line.bytes, payload, events));
    REQUIRE(events.size() == 1);
    CHECK(kinds.at(static_cast<std::size_t>(events[0].type)) == line.kind);
    CHECK(said_by(events[0]) == line.said);
    CHECK(hex_of(encode_events(events)) == hex_of(line.bytes));
  }
  for (const std::string_view kind : kinds) CHECK_MESSAGE(met.contains(std::string(kind)), kind);
  CHECK(static_cast<std::size_t>(RunEvent::Type::engine_died) + 1 == kinds.size());
}

TEST_CASE("events as they were written first are read one after the other, as the store keeps them") {
  const std::vector<Line> lines = golden_lines();
  REQUIRE(lines.size() < 0x80);
  std::string bytes = {'\x01', static_cast<char>(lines.size())};
  for (const Line& line : lines) bytes += line.bytes.substr(2);
  std::vector<RunEvent> events;
  REQUIRE(decode_events(bytes, payload, events));
  REQUIRE(events.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(said_by(events[i]) == lines[i].said);
}

}  // namespace millrace
