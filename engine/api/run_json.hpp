#pragma once

#include <memory>
#include <vector>

#include "api/approval_link.hpp"
#include "catalog/catalog.hpp"
#include "decider/story.hpp"
#include "journal/history.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"

namespace millrace {

// Runs and events as every program sees them: `runs list --json`, `runs show --json`, and /api/v1.

/// {"id","workflow","event","outcome","started","ended","changes", ...}; nulls where a thing has none.
Value encode_run(const RunHead& run);

/// {"runs":[...]}.
Value encode_runs(const std::vector<RunHead>& runs);

/// A run and the version of its workflow that it began with; nullptr where that cannot be read any more (a plugin is
/// gone).
struct ReadRun {
  StoredRun stored;
  std::shared_ptr<const Workflow> began;
};
ReadRun read_began(StoredRun run, const Catalog& catalog);

/// The same of one run, with "steps":[{"path","id","action","status","attempts","started","ended","input","output",
/// "error"}], its change list and its event. What it began with names the steps; where that cannot be read, ids and
/// actions are null. "approve_url" is there while it waits for an approval; `changed_since` (api/changed_since.hpp)
/// tells what is otherwise than in its "version".
Value encode_stored_run(const ReadRun& run, const ApprovalLinks& links = {}, Value changed_since = {});

/// The members of both that hold nothing of what went through the run or the step.
Map head_of_stored_run(const ReadRun& run, const ApprovalLinks& links, Value changed_since);
Map head_of_step(const StepPath& path, const StepStory& told, const Workflow* workflow);

/// {"id","source","source_id","at","runs"}, and with its payload.
Value encode_event(const EventHead& event);
Value encode_event(const EventRecord& event);

/// A time in the past, as people name it: how long ago ("2h"), or when (RFC 3339).
Result<Timestamp> since_named(const std::string& text, Timestamp now);

}  // namespace millrace
