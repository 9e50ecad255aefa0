#pragma once

#include <filesystem>
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

/// What a run has changed.
struct Wrote {
  Value change;                    ///< as `encode_change` has it
  const Value* answer = nullptr;   ///< what the far side said to it; nullptr where that is not known
  std::vector<std::string> chain;  ///< that of what follows from the run
  Timestamp at;
};

/// Where and of what the changes are.
struct WroteWhere {
  const std::filesystem::path& folder;  ///< of the project
  const Project& project;
  const Catalog& catalog;
};

/// Of the thing as the change names it, and as the answer does: a far side may keep a name in another way than it was
/// sent, or give the thing an id that nobody knew before. Empty where nobody watches.
std::vector<StateChange> traces_of(const Wrote& wrote, const Sources& sources, const WroteWhere& where);

/// Whether the trace is one of this difference: of the file, or of the thing that has the id or the name.
bool led_to(const std::string& trace, const WatchedChange& change);
/// The longest chain that led to it; empty where none of ours did.
std::vector<std::string> chain_of(const Traces& traces, const WatchedChange& change);
/// Whether a watch that looks so often has had the time to see what the trace is of.
bool is_past(const Value& trace, Duration interval, Timestamp now);

}  // namespace millrace
