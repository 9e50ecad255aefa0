#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "decider/event.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"

namespace millrace {

// The form in which the store keeps values and what happened to runs: compact, exact in every kind (JSON would turn
// times into texts), and read with every length checked, because a damaged row must be an error and never a crash.

std::string encode_value(const Value& value);
Result<Value> decode_value(std::string_view bytes);

/// What is kept of an event in one piece: its payload, how it was delivered, and its chain. Empty where there is none
/// of them.
std::string encode_payload(const EventRecord& event);
Status decode_payload(std::string_view bytes, EventRecord& event);

/// The `event` of a run's beginning is left out: it stands in the event's own row. What older programs wrote is read
/// for ever, and a run goes on in the newest form whatever it began in.
std::string encode_events(const std::vector<RunEvent>& events);
/// Appends to `events`; `payload` and `delivery` are put back into the run's beginning.
Status decode_events(std::string_view bytes, const Value& payload, std::vector<RunEvent>& events,
                     const Value& delivery = {});

}  // namespace millrace
