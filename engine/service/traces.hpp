#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"
#include "journal/journal.hpp"
#include "service/sources.hpp"
#include "trigger/watch.hpp"

namespace millrace {

// A run may change what a trigger of ours watches. What comes of that goes on the chain of the run: it leaves a trace
// for the trigger in the store, below this prefix.

inline constexpr std::string_view trace_prefix = "wrote/";
using Traces = std::vector<std::pair<std::string, Value>>;  ///< as `list_states` gives them

/// `change` as `encode_change` has it, of a run whose followers have this chain. Empty where nobody watches.
std::vector<StateChange> traces_of(const Value& change, const std::vector<std::string>& chain, const Sources& sources,
                                   const Catalog& catalog);

/// Whether the trace is one of this difference: of the file, or of the thing that has the id or the name.
bool led_to(const std::string& trace, const WatchedChange& change);
/// The longest chain that led to it; empty where none of ours did.
std::vector<std::string> chain_of(const Traces& traces, const WatchedChange& change);

}  // namespace millrace
