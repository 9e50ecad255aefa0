#include "api/editor_view.hpp"

#include <set>
#include <utility>

#include "base/text.hpp"

namespace millrace {

std::shared_ptr<const lsp::ProjectView> editor_view(const ApiWorld& world) {
  auto view = std::make_shared<lsp::ProjectView>();
  view->root = world.project.root;
  view->catalog = std::shared_ptr<const Catalog>(std::shared_ptr<const void>(), &world.catalog);
  view->project = world.project;
  std::set<std::string> secrets;
  for (const WorkflowStatus& workflow : world.service.workflows()) {
    view->workflows.push_back({world.project.root / workflow.file, workflow.file});
    auto live = world.service.live(workflow.id);
    if (live == nullptr) continue;
    lsp::add_named_secrets(live->source->text, secrets);
    view->others.push_back(std::move(live));
  }
  view->secrets = {secrets.begin(), secrets.end()};
  return view;
}

Result<std::shared_ptr<const SourceText>> source_named(std::string file, std::string text) {
  const std::filesystem::path path = file;
  bool inside = path.is_relative() && path.has_filename();
  for (const auto& part : path) inside = inside && part != ".." && part != ".";
  if (!inside)
    return Error{ErrorCode::invalid,
                 "\"" + file + "\" is no file of the project: say one such as workflows/prune.yaml"};
  return std::make_shared<const SourceText>(SourceText{std::move(file), std::move(text)});
}

}  // namespace millrace
