// What the store holds of runs: a damaged row is an error, and what is read is the same when it was written again.
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "journal/codec.hpp"
#include "journal/keys.hpp"

using namespace millrace;

namespace {

void read_value(std::string_view bytes) {
  const auto value = decode_value(bytes);
  if (!value) return;
  const std::string again = encode_value(*value);
  const auto second = decode_value(again);
  fuzz::require(second && encode_value(*second) == again, "a value is read as it was written");
}

void read_payload(std::string_view bytes) {
  EventRecord event;
  if (!decode_payload(bytes, event)) return;
  const std::string again = encode_payload(event);
  if (again.empty()) return;  // there is nothing to keep
  EventRecord second;
  fuzz::require(static_cast<bool>(decode_payload(again, second)), "an event is read again");
  fuzz::require(encode_payload(second) == again, "an event is read as it was written");
}

void read_events(std::string_view bytes) {
  std::vector<RunEvent> events;
  if (!decode_events(bytes, Value("payload"), events, Value("delivery"))) return;
  const std::string again = encode_events(events);
  std::vector<RunEvent> second;
  fuzz::require(static_cast<bool>(decode_events(again, Value("payload"), second, Value("delivery"))),
                "what happened is read again");
  fuzz::require(second.size() == events.size() && encode_events(second) == again,
                "what happened is read as it was written");
}

void read_keys(std::string_view text) {
  if (const auto key = parse_run_key(text))
    fuzz::require(parse_run_key(render(*key)) == key, "a run's name is read as it was written");
  if (const auto key = parse_event_key(text))
    fuzz::require(parse_event_key(render(*key)) == key, "an event's name is read as it was written");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  switch (input.choice(4)) {
    case 0:
      read_value(input.rest());
      break;
    case 1:
      read_payload(input.rest());
      break;
    case 2:
      read_keys(input.rest());
      break;
    default:
      read_events(input.rest());
  }
  return 0;
}
