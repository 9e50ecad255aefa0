#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gate/gate.hpp"
#include "runtime/engine.hpp"
#include "value/value.hpp"

namespace millrace {

/// What was planned for one location.
struct PlannedRun {
  std::string id, location;
  Timestamp now;  ///< what the run took for its beginning
  std::string outcome;
  std::string why;  ///< it cannot be applied, where it cannot
  std::vector<Change> changes;
  std::vector<Reading> readings;

  bool applicable() const noexcept { return outcome == "completed" || outcome == "skipped"; }
};

/// How the run counts in the end: a plan that passes a limit is stopped by safety although its listing went on.
RunOutcome outcome_of(const RunReport& run);

/// Takes the readings out of the report: of a large account they are many.
PlannedRun planned(RunReport& run);

/// A plan that was kept, to be applied later. It holds no secrets: what it is made of is free of them.
struct PlanFile {
  std::string workflow;        ///< its id
  std::filesystem::path path;  ///< of its file, beneath the project's folder where it lies there
  std::string fingerprint;     ///< of the file's text
  Value event;
  Value delivery = {};             ///< how it came; null where nobody said
  std::optional<Timestamp> as_of;  ///< where the plan was made for another time
  std::filesystem::path store =
      {};                        ///< which remembers what was applied; beneath the project's folder where it lies there
  std::string location;          ///< the only one that it was made for, by choice; empty: all of the workflow
  std::vector<PlannedRun> runs;  ///< one a location
};

/// The path from the project's folder where the file lies in it, also behind links, else the whole path.
std::filesystem::path beneath(const std::filesystem::path& folder, const std::filesystem::path& file);

/// Writes the file at once or not at all; only its owner may read it. `key`: of the project; it seals the plan, so that
/// what is applied is what was planned here.
Status save_plan(PlanFile plan, const std::filesystem::path& file, std::string_view key);

/// A plan that this user made for the project with this key, in a file ("-": stdin) that nobody else can write. The
/// error says what it is not. Plans of before had no seal: their file's owner is all that speaks for them.
Result<PlanFile> load_plan(const std::string& file, std::string_view key);

}  // namespace millrace
