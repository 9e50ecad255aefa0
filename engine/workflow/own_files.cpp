#include "workflow/own_files.hpp"

#include <algorithm>
#include <string>
#include <system_error>

#include "base/text.hpp"

namespace millrace {
namespace {

std::filesystem::path without_links(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::path found = std::filesystem::weakly_canonical(path, failed);
  return failed ? path.lexically_normal() : found;
}

}  // namespace

OwnFiles::OwnFiles(const std::filesystem::path& folder, const Project& project)
    : folder_(without_links(folder)),
      store_(without_links(folder_ / project.store.substr(project.store.find(':') + 1))) {
  files_.push_back(store_.parent_path() / "budgets");
  for (const std::string& file : project.audit_heads) files_.push_back(without_links(folder_ / file));
}

bool OwnFiles::has(const std::filesystem::path& path) const {
  const std::filesystem::path place = without_links(folder_ / path);
  if (leads_into_state(place.lexically_relative(folder_).generic_string())) return true;
  if (std::find(files_.begin(), files_.end(), place) != files_.end()) return true;
  return place == store_ || place.string().starts_with(store_.string() + "-");
}

bool OwnFiles::has_all_of(const FilePattern& pattern) const {
  const auto& choices = pattern.choices();
  return std::all_of(choices.begin(), choices.end(), [this](const FilePattern::Parts& choice) {
    const std::string path = join(choice, "/");
    return leads_into_state(path) || (path.find_first_of("*?[") == std::string::npos && has(path));
  });
}

}  // namespace millrace
