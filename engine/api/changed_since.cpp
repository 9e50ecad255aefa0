#include "api/changed_since.hpp"

#include <utility>

#include "prose/compare.hpp"
#include "workflow/account.hpp"
#include "workflow/load.hpp"

namespace millrace {

Value changed_since(const StoredRun& run, std::shared_ptr<const Workflow> now, const Catalog& catalog,
                    const Project& project) {
  if (run.text.empty()) return {};
  if (now == nullptr) return "it is gone";
  if (now->source->text == run.text) return {};
  LoadedWorkflow began = load_version(run.head.workflow, run.text, catalog);
  if (!began.workflow) return "the text of the run cannot be read any more";
  const Account before = account_of(std::make_shared<const Workflow>(std::move(*began.workflow)), catalog, project);
  const Account after = account_of(std::move(now), catalog, project);
  return in_short(compare(before, after, catalog, project));
}

}  // namespace millrace
