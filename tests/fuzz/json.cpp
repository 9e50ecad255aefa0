// JSON from outside: what is taken keeps the limits, and is the same when it was written and read again.
#include "value/json.hpp"
#include "fuzz.hpp"
#include "value/extent.hpp"

using namespace millrace;

namespace {

/// What the limits say that values cost, counted anew.
std::size_t cost_of(const Value& value) {
  std::size_t cost = 1;
  if (value.is_list()) {
    cost = 4;
    for (const Value& item : value.list()) cost += cost_of(item);
  } else if (value.is_map()) {
    cost = 4;
    for (const auto& [name, member] : value.map()) cost += 3 + cost_of(member);
  }
  return cost;
}

void read_again(const Value& value) {
  const std::string text = encode_json(value);
  for (const JsonStyle style : {JsonStyle::compact, JsonStyle::indented}) {
    const auto again = parse_json(encode_json(value, style));
    fuzz::require(again && encode_json(*again) == text, "what was written is read as it was");
  }
  const auto marked = parse_marked_json(encode_marked_json(value));
  fuzz::require(marked && encode_marked_json(*marked) == encode_marked_json(value), "marks are read as they were");
  fuzz::require(!value.contains_unknown(), "what comes from outside is data");
  fuzz::require(marked->contains_unknown() == value.contains_unknown(), "marks make no data an unknown");
}

void read_within(std::string_view text, const JsonLimits& limits) {
  const auto value = parse_json(text, limits);
  if (!value) return;
  fuzz::require(text.size() <= limits.max_bytes, "what is too long is refused");
  fuzz::require(!deeper_than(*value, limits.max_depth), "what is too deep is refused");
  fuzz::require(cost_of(*value) <= limits.max_values, "what is too much is refused");
  read_again(*value);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Input(data, size).rest();
  read_within(text, {});
  read_within(text, from_outside);
  read_within(text, {.max_bytes = 200, .max_depth = 4, .max_values = 40, .mend = true});
  for (const Marks marks : {Marks::names_only, Marks::unknowns}) {
    const auto said = parse_marked_json(text, from_outside, marks);
    if (!said) continue;
    fuzz::require(marks == Marks::unknowns || !said->contains_unknown(), "who was told no unknown can say none");
    const std::string written = encode_marked_json(*said);
    const auto again = parse_marked_json(written);
    fuzz::require(again && encode_marked_json(*again) == written, "what is marked is read as it was");
  }
  return 0;
}
