#include "catalog/further_file.hpp"

#include <algorithm>
#include <system_error>

#include "catalog/installed_plugin.hpp"

namespace millrace {
namespace {

template <class Capabilities>
auto named(const Capabilities& capabilities, std::string_view name) noexcept -> decltype(capabilities.data()) {
  const auto found =
      std::find_if(capabilities.begin(), capabilities.end(), [&](const auto& one) { return one.name == name; });
  return found == capabilities.end() ? nullptr : &*found;
}

/// The keys in a JSON text that can be names of actions and triggers, sorted: to find them costs a hundredth of reading
/// the text. One too many does no harm.
std::vector<std::string> keys_with_a_dot(std::string_view text) {
  std::vector<std::string> keys;
  for (std::size_t at = text.find("\":"); at != std::string_view::npos; at = text.find("\":", at + 1)) {
    const std::size_t begin = text.rfind('"', at - 1) + 1;
    const std::string_view key = text.substr(begin, at - begin);
    if (begin <= at && key.find('.') != std::string_view::npos) keys.emplace_back(key);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

const Result<Manifest>& FurtherFile::content() const {
  std::call_once(read_, [this] {
    content_ = load_further(file_, *plugin_);
    if (!*content_ || (*content_)->version == plugin_->version) return;
    content_ = Error{ErrorCode::invalid, file_.string() + " is of version " + (*content_)->version + ", and " +
                                             plugin_->name + " of " + plugin_->version};
  });
  return *content_;
}

const std::vector<std::string>& FurtherFile::names() const {
  std::call_once(listed_, [this] { names_ = keys_with_a_dot(plugin_file_content(file_)); });
  return names_;
}

const Manifest* FurtherFile::with(std::string_view name) const {
  const std::string& plugin = plugin_->name;
  const bool own = name.size() > plugin.size() && name.starts_with(plugin) && name[plugin.size()] == '.';
  if (!own || !std::binary_search(names().begin(), names().end(), name.substr(plugin.size() + 1))) return nullptr;
  const Result<Manifest>& found = content();
  return found ? &*found : nullptr;
}

const Action* FurtherFile::find_action(std::string_view name) const {
  const Manifest* manifest = with(name);
  return manifest != nullptr ? named(manifest->actions, name) : nullptr;
}

const Trigger* FurtherFile::find_trigger(std::string_view name) const {
  const Manifest* manifest = with(name);
  return manifest != nullptr ? named(manifest->triggers, name) : nullptr;
}

std::vector<std::shared_ptr<const FurtherFile>> further_files(const std::shared_ptr<const Manifest>& plugin) {
  std::vector<std::filesystem::path> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(plugin->folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(plugin->name + ".") && name.ends_with(".json") && name != plugin->name + ".json")
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::shared_ptr<const FurtherFile>> files;
  for (std::filesystem::path& file : found)
    files.push_back(std::make_shared<const FurtherFile>(std::move(file), plugin));
  return files;
}

}  // namespace millrace
