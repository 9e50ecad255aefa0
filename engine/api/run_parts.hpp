#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/run_json.hpp"

namespace millrace {

// A run in parts, for whoever looks at it piece by piece: heads that say how much there is, and each piece by itself.

/// The path of a step as addresses have it: "0.2.17.0"; also with slashes. Nothing where the text is none.
std::optional<StepPath> parse_step_path(std::string_view text);

/// The run without what went through it: steps say how many bytes their input and output are about ("input_bytes",
/// "output_bytes"), loops how their items stand ("items"); what is inside of loops' items is left out, and of changes
/// what they were made with.
Map encode_without_payloads(const ReadRun& run, const ApprovalLinks& links, Value changed_since);

/// One step with what went in and came out, what was there before its writes, and its attempts; a value that is large
/// is
/// {"shortened": true, "bytes", "preview"}, where the preview is the beginning of its JSON. `not_found`: the run has
/// not come to it.
Result<Value> encode_step_of(const ReadRun& run, const StepPath& path);

/// Which items of a loop.
struct ItemFilter {
  std::optional<std::uint32_t> after;
  std::string outcome;  ///< "succeeded", "failed", "skipped", "unsure" or "running"; empty: all
  int limit = 50;
};
/// {"items":[{"item","index","outcome","started","ended","error"}],"counts","next"}; `not_found`: that step is no loop
/// that has begun.
Result<Value> encode_items_of(const ReadRun& run, const StepPath& path, const ItemFilter& filter);

/// A value, or the beginning of one that is large.
Value previewed(const Value& value);

}  // namespace millrace
