#pragma once

#include <cstdint>
#include <optional>

#include "decider/event.hpp"
#include "journal/bytes.hpp"

namespace millrace {

/// One event in the form in which it is written today. The `event` of a run's beginning is left out.
void write_event(ByteWriter& out, const RunEvent& event);

/// Reads it; a member that a newer program has added is passed over. A kind that this one does not know is a failure of
/// `in`: what happened to the run cannot be told then.
RunEvent read_event(ByteReader& in);

/// An event of that number with nothing in it yet; nothing where there is no such kind.
std::optional<Happening> happening_of_kind(std::uint64_t number);

Error read_failure(ByteReader& in);
RunOutcome read_outcome(ByteReader& in);

}  // namespace millrace
