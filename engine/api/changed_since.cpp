#include "api/changed_since.hpp"

#include "prose/compare.hpp"
#include "rehearsal/prepared_undo.hpp"
#include "workflow/account.hpp"

namespace millrace {

Value changed_since(const ReadRun& run, const WorkflowToday& today, const Catalog& catalog, const Project& project) {
  if (run.stored.text.empty()) return {};
  if (run.stored.head.trigger == undo_source) return "it has none: this was made to undo a run";
  if (today.workflow == nullptr) return today.broken ? "it cannot be read as it is now" : "it is gone";
  if (today.workflow->source->text == run.stored.text) return {};
  if (run.began == nullptr) return "it is another, and that of the run cannot be read any more";
  const Account before = account_of(run.began, catalog, project);
  return in_short(compare(before, account_of(today.workflow, catalog, project), catalog, project));
}

}  // namespace millrace
