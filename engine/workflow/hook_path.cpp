#include "workflow/hook_path.hpp"

#include <algorithm>

namespace millrace {

std::string hook_path(const Workflow& workflow, const TriggerSpec& trigger) {
  std::string path = trigger.kind == "webhook" ? trigger.name : trigger.settings.text_or("path", workflow.id);
  path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
  while (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace millrace
