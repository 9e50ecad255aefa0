#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/history.hpp"
#include "journal/store.hpp"
#include "rehearsal/foreground.hpp"
#include "rehearsal/plan_file.hpp"

namespace millrace {

// A kept plan is applied where it still means what it said: the same workflow and locations, not applied before, and a
// world in which the same plan comes out. Each of these is a question here; whoever applies asks them in this order.

/// Why the plan cannot be applied at all: it did not come to its end. `limited` where a safety limit ended it.
std::optional<Error> not_applicable(const PlanFile& plan);
/// Where the plan's workflow lies. `denied` outside of the project, also behind a link: what lies there is looked after
/// by somebody else.
Result<std::filesystem::path> file_of(const PlanFile& plan, const std::filesystem::path& folder);
/// The workflow must be the one that was planned, to the letter. `file`: where it lies now.
Status same_workflow(const PlanFile& plan, const std::filesystem::path& file);
/// Another store would not know that the plan was applied. Plans of before do not name theirs.
Status same_store(const PlanFile& plan, const std::filesystem::path& store);
Status same_locations(const PlanFile& plan, const std::vector<std::string>& locations);

/// The runs of the plan once more: under the ids and times that they had, so that what is made of them is what it says.
Assignment assignment_of(const PlanFile& plan, std::shared_ptr<const Workflow> workflow);

/// Holds each of these runs to what the plan has for it.
void hold_to(const PlanFile& plan, Assignment& assignment);
/// What of it the runs have not done; `waiting`: of those that wait, what may come yet.
struct ChangesLeft {
  std::vector<Change> not_made, waiting;
};
ChangesLeft changes_left(const std::vector<RunOrder>& held, const std::vector<RunReport>& finished);

/// A run that applied the plan before.
struct Applied {
  RunHead head;
  Timestamp at;
};
/// The runs of the plan that the store has already. A name that another run has is given up: the run gets a new one,
/// and the comparison shows whether that makes a difference.
Task<Result<std::vector<Applied>>> applied_before(Store& store, Assignment& assignment);
/// The run of this name that has begun to apply the plan in this moment.
Task<Result<Applied>> applied_by(Store& store, RunKey run);
/// What became of the plan then, and what can be done now; times as the clocks of `zone` show them.
std::string sentence_on(const PlanFile& plan, const Applied& before, const std::string& zone);

/// What the reads of the plan and of its second planning cost at least, before anything is asked.
CallCounts reads_to_apply(const PlanFile& plan);

/// Why `today`, the same runs planned once more, came to no end for reasons that say nothing of the world: a limit, or
/// a far side that gives no answer. Then there is nothing to compare with.
std::optional<Error> broken_off(const PlanFile& plan, const std::vector<RunReport>& today);

/// What is different from the plan in `today`, the same runs planned once more, in sentences. Takes their readings.
std::vector<std::string> differences(const PlanFile& plan, std::vector<RunReport>& today);

/// What to do about a plan that does not fit any more.
std::string anew(const PlanFile& plan);

}  // namespace millrace
