#pragma once

#include "decider/event.hpp"
#include "journal/bytes.hpp"

namespace millrace {

/// Reads an event in the first form, in which every kind had the same eight members and each meant another thing for
/// each. Nothing writes it any more, but stores are full of it.
RunEvent read_first_event(ByteReader& in);

}  // namespace millrace
