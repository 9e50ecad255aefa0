#include "catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include "catalog/installed_plugin.hpp"

namespace millrace {
namespace {

constexpr std::array<std::string_view, 6> effect_names = {"none", "read", "create", "update", "delete", "send"};

/// The folders below `folder` that hold a plugin, by name. What has neither manifest nor library is none.
std::vector<std::filesystem::path> plugin_folders(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> folders;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    std::error_code ignored;
    if (!entry.is_directory(ignored)) continue;
    for (const auto& file : std::filesystem::directory_iterator(entry.path(), ignored)) {
      const auto extension = file.path().extension();
      if (extension != ".json" && extension != ".so") continue;
      folders.push_back(entry.path());
      break;
    }
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// A checkout of Millrace is a project too, and its plugins/ are the sources of those that came with the program.
bool source_of(const InstalledPlugin& shipped, const std::filesystem::path& folder) {
  const std::string file = shipped.name() + ".json";
  return shipped.shipped() && plugin_file_content(folder / file) == plugin_file_content(shipped.folder() / file);
}

}  // namespace

std::string_view name_of(Effect effect) noexcept { return effect_names.at(static_cast<std::size_t>(effect)); }

std::optional<Effect> parse_effect(std::string_view name) noexcept {
  const auto found = std::find(effect_names.begin(), effect_names.end(), name);
  if (found == effect_names.end()) return std::nullopt;
  return static_cast<Effect>(found - effect_names.begin());
}

bool takes_files(const Action& action, std::string_view input) {
  const SchemaView schema = action.inputs().property(input);
  return schema.format() == "file" || schema.items().format() == "file";
}

bool takes_secret(const Action& action, std::string_view input) {
  const Value* schema = action.inputs().property(input).raw();
  const Value* mark = schema != nullptr ? schema->find("x-secret") : nullptr;
  return mark != nullptr && mark->is_true();
}

std::string file_input(const Action& action) {
  const std::string before = std::string(file_target) + "{";
  if (!action.target.starts_with(before)) return "";
  return action.target.substr(before.size(), action.target.find('}') - before.size());
}

// What the engine asks for a library is an action without schemas.
SchemaView Action::inputs() const { return input ? SchemaView(input->document(), input->document()) : SchemaView(); }
SchemaView Action::outputs() const {
  return output ? SchemaView(output->document(), output->document()) : SchemaView();
}

Catalog Catalog::load(const std::filesystem::path& shipped, const std::filesystem::path& own) {
  Catalog catalog;
  for (const std::filesystem::path& folder : plugin_folders(shipped))
    catalog.installed_.push_back(std::make_shared<const InstalledPlugin>(folder, true));
  for (const std::filesystem::path& folder : plugin_folders(own)) {
    const std::string name = folder.filename().string();
    const InstalledPlugin* taken = catalog.find_installed(name);
    if (taken == nullptr) {
      catalog.installed_.push_back(std::make_shared<const InstalledPlugin>(folder, false));
      catalog.installed_.back()->manifest();  // as it lies there now, and told at once where it is broken
    } else if (!source_of(*taken, folder)) {
      const Error error{ErrorCode::conflict, "the name \"" + name + "\" is taken by " + taken->folder().string() +
                                                 ": rename the folder and its manifest"};
      catalog.refused_.push_back({name, error.within(folder.string())});
    }
  }
  return catalog;
}

const InstalledPlugin* Catalog::find_installed(std::string_view name) const noexcept {
  const auto found =
      std::find_if(installed_.begin(), installed_.end(), [&](const auto& one) { return one->name() == name; });
  return found == installed_.end() ? nullptr : found->get();
}

const InstalledPlugin* Catalog::owner_of(std::string_view name) const noexcept {
  return find_installed(name.substr(0, name.find('.')));
}

void Catalog::refuse(const std::string& plugin, Error reason) {
  std::erase_if(installed_, [&](const auto& one) { return one->name() == plugin; });
  refused_.push_back({plugin, std::move(reason)});
}

std::vector<Catalog::Problem> Catalog::problems_of(bool shipped_too) const {
  std::vector<Problem> problems;
  for (const auto& plugin : installed_) {
    if (plugin->shipped() && !shipped_too) continue;
    if (!plugin->manifest()) problems.push_back({plugin->name(), plugin->manifest().error()});
  }
  problems.insert(problems.end(), refused_.begin(), refused_.end());
  return problems;
}

std::vector<std::shared_ptr<const Manifest>> Catalog::plugins() const {
  std::vector<std::shared_ptr<const Manifest>> plugins;
  for (const auto& plugin : installed_) {
    if (const auto& manifest = plugin->manifest()) plugins.push_back(*manifest);
  }
  return plugins;
}

const Action* Catalog::find_action(std::string_view name) const {
  const InstalledPlugin* owner = owner_of(name);
  return owner != nullptr ? owner->find_action(name) : nullptr;
}

const Trigger* Catalog::find_trigger(std::string_view name) const {
  const InstalledPlugin* owner = owner_of(name);
  return owner != nullptr ? owner->find_trigger(name) : nullptr;
}

const Manifest* Catalog::find_plugin(std::string_view name) const {
  const InstalledPlugin* plugin = find_installed(name);
  return plugin != nullptr && plugin->manifest() ? plugin->manifest()->get() : nullptr;
}

std::string Catalog::why_unusable(std::string_view capability) const {
  for (const Problem& problem : problems()) {
    if (problem.plugin.empty() || !capability.starts_with(problem.plugin + ".")) continue;
    return "belongs to the plugin \"" + problem.plugin + "\", which cannot be used: " + problem.error.message;
  }
  return "";
}

const ConnectionKind* Catalog::find_connection_kind(std::string_view name) const {
  const Manifest* plugin = find_plugin(name);
  return plugin != nullptr && plugin->connection ? &*plugin->connection : nullptr;
}

Result<Manifest> Catalog::whole(const Manifest& plugin) const {
  const InstalledPlugin* installed = find_installed(plugin.name);
  return installed != nullptr ? installed->whole() : plugin;
}

std::vector<std::string> Catalog::action_names() const {
  std::vector<std::string> names;
  for (const auto& plugin : installed_) plugin->add_action_names(names);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Catalog::trigger_names() const {
  std::vector<std::string> names;
  for (const auto& plugin : installed_) plugin->add_trigger_names(names);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace millrace
