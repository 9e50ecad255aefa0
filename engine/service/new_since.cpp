#include "service/new_since.hpp"

#include <utility>

#include "crypto/digest.hpp"
#include "workflow/load.hpp"

namespace millrace {

Task<NewSince> new_since(Store& store, std::shared_ptr<const Workflow> workflow, std::string hash,
                         const Catalog& catalog, const Project& project) {
  RunFilter filter;
  filter.workflow = workflow->id;
  filter.limit = 1;
  const auto runs = co_await store.history().list_runs(std::move(filter));
  if (!runs || runs->empty() || runs->front().version == hash) co_return NewSince{};
  const std::string version = runs->front().version;
  const auto text = co_await store.history().read_version(workflow->id, version);
  if (!text) co_return NewSince{};
  LoadedWorkflow before = load_version(workflow->id, *text, catalog);
  if (!before.workflow) co_return NewSince{};
  auto ran = std::make_shared<const Workflow>(std::move(*before.workflow));
  const Account then = account_of(std::move(ran), catalog, project);
  const Account now = account_of(std::move(workflow), catalog, project);
  co_return NewSince{version, widened(then, now)};
}

std::vector<std::string> sentences(const NewSince& since, const std::string& workflow) {
  std::vector<std::string> all;
  for (const Widening& each : since.widened) {
    std::string sentence = workflow;
    sentence += " " + each.sentence + ", which the version that ran last (" + short_name(since.version) + ") might not";
    all.push_back(std::move(sentence));
  }
  return all;
}

}  // namespace millrace
