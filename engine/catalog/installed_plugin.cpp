#include "catalog/installed_plugin.hpp"

#include <utility>

#include "base/files.hpp"
#include "catalog/company.hpp"
#include "catalog/further_file.hpp"
#include "catalog/pin.hpp"
#include "crypto/digest.hpp"

namespace millrace {
namespace {

template <class Capabilities>
void add_names(const Capabilities& capabilities, std::vector<std::string>& names) {
  for (const auto& capability : capabilities) names.push_back(capability.name);
}

template <class Capabilities>
auto find_in(const Capabilities& capabilities, std::string_view name) {
  const auto found = capabilities.find(name);
  return found == capabilities.end() ? nullptr : found->second;
}

}  // namespace

std::string plugin_file_content(const std::filesystem::path& file) {
  auto content = read_input(file.string());
  return content ? std::move(*content) : std::string();
}

InstalledPlugin::InstalledPlugin(std::filesystem::path folder, bool shipped)
    : folder_(std::move(folder)), name_(folder_.filename().string()), shipped_(shipped) {}

const Result<std::shared_ptr<const Manifest>>& InstalledPlugin::manifest() const {
  std::call_once(read_, [this] { read(); });
  return *manifest_;
}

void InstalledPlugin::read() const {
  auto loaded = load_manifest(folder_);
  if (!loaded) {
    manifest_ = loaded.error();
    return;
  }
  loaded->shipped = shipped_;
  if (loaded->library && !shipped_) {
    const std::string library = plugin_file_content(loaded->folder / (loaded->name + ".so"));
    loaded->library_hash = fingerprint(library);
    loaded->pin = pin_of(loaded->name, loaded->fingerprint(), loaded->library_hash);
    if (const std::string company = company_of(*loaded, read_elf(library)); !company.empty()) {
      manifest_ = Error{ErrorCode::denied, "plugin \"" + loaded->name + "\": " + company};
      return;
    }
  }
  const auto manifest = std::make_shared<const Manifest>(std::move(*loaded));
  for (const Action& action : manifest->actions) actions_.emplace(action.name, &action);
  for (const Trigger& trigger : manifest->triggers) triggers_.emplace(trigger.name, &trigger);
  if (shipped_) further_ = further_files(manifest);
  manifest_ = manifest;
}

const Action* InstalledPlugin::find_action(std::string_view name) const {
  if (!manifest()) return nullptr;
  if (const Action* action = find_in(actions_, name)) return action;
  for (const auto& file : further_) {
    if (const Action* action = file->find_action(name)) return action;
  }
  return nullptr;
}

const Trigger* InstalledPlugin::find_trigger(std::string_view name) const {
  if (!manifest()) return nullptr;
  if (const Trigger* trigger = find_in(triggers_, name)) return trigger;
  for (const auto& file : further_) {
    if (const Trigger* trigger = file->find_trigger(name)) return trigger;
  }
  return nullptr;
}

void InstalledPlugin::add_action_names(std::vector<std::string>& names) const {
  if (!manifest()) return;
  add_names((*manifest())->actions, names);
  for (const auto& file : further_) {
    if (const auto& content = file->content()) add_names(content->actions, names);
  }
}

void InstalledPlugin::add_trigger_names(std::vector<std::string>& names) const {
  if (!manifest()) return;
  add_names((*manifest())->triggers, names);
  for (const auto& file : further_) {
    if (const auto& content = file->content()) add_names(content->triggers, names);
  }
}

Result<Manifest> InstalledPlugin::whole() const {
  if (!manifest()) return manifest().error();
  Manifest whole = **manifest();
  for (const auto& file : further_) {
    const Result<Manifest>& content = file->content();
    if (!content) return content.error();
    whole.actions.insert(whole.actions.end(), content->actions.begin(), content->actions.end());
    whole.triggers.insert(whole.triggers.end(), content->triggers.begin(), content->triggers.end());
  }
  return whole;
}

}  // namespace millrace
