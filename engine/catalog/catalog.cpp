#include "catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <system_error>

#include "catalog/further_file.hpp"
#include "catalog/pin.hpp"

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

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A checkout of Millrace is a project too, and its plugins/ are the sources of those that came with the program.
bool source_of_shipped(const std::filesystem::path& folder, const Manifest* shipped) {
  const std::string file = folder.filename().string() + ".json";
  return shipped != nullptr && shipped->shipped && content_of(folder / file) == content_of(shipped->folder / file);
}

template <class Capabilities>
std::vector<std::string> keys_of(const Capabilities& capabilities) {
  std::vector<std::string> names;
  names.reserve(capabilities.size());
  for (const auto& [name, capability] : capabilities) names.push_back(name);
  return names;
}

template <class Capabilities>
void add_names(const Capabilities& capabilities, std::vector<std::string>& names) {
  for (const auto& capability : capabilities) names.push_back(capability.name);
}

template <class Capabilities>
auto find_in(const Capabilities& capabilities, std::string_view name) noexcept {
  const auto found = capabilities.find(name);
  return found == capabilities.end() ? nullptr : found->second;
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
  for (const auto* folder : {&shipped, &own}) {
    for (const std::filesystem::path& path : plugin_folders(*folder)) {
      if (source_of_shipped(path, catalog.find_plugin(path.filename().string()))) continue;
      auto loaded = load_manifest(path);
      if (!loaded) {
        catalog.problems_.push_back({path.filename().string(), loaded.error()});
        continue;
      }
      loaded->shipped = folder == &shipped;
      if (loaded->library && !loaded->shipped)
        loaded->pin = pin_of(*loaded, content_of(loaded->folder / (loaded->name + ".so")));
      catalog.add(std::make_shared<const Manifest>(std::move(*loaded)));
    }
  }
  return catalog;
}

void Catalog::add(std::shared_ptr<const Manifest> manifest) {
  if (const Manifest* taken = find_plugin(manifest->name)) {
    Error error{ErrorCode::conflict, "the name \"" + manifest->name + "\" is taken by " + taken->folder.string() +
                                         ": rename the folder and its manifest"};
    problems_.push_back({manifest->name, error.within(manifest->folder.string())});
    return;
  }
  for (const Action& action : manifest->actions) actions_.emplace(action.name, &action);
  for (const Trigger& trigger : manifest->triggers) triggers_.emplace(trigger.name, &trigger);
  if (manifest->shipped) {
    for (auto& file : further_files(manifest)) further_.push_back(std::move(file));
  }
  plugins_.push_back(std::move(manifest));
}

void Catalog::refuse(const std::string& plugin, Error reason) {
  const auto found =
      std::find_if(plugins_.begin(), plugins_.end(), [&](const auto& one) { return one->name == plugin; });
  if (found != plugins_.end()) {
    for (const Action& action : (*found)->actions) actions_.erase(action.name);
    for (const Trigger& trigger : (*found)->triggers) triggers_.erase(trigger.name);
    std::erase_if(further_, [&](const auto& file) { return &file->plugin() == found->get(); });
    plugins_.erase(found);
  }
  problems_.push_back({plugin, std::move(reason)});
}

const Action* Catalog::find_action(std::string_view name) const {
  if (const Action* action = find_in(actions_, name)) return action;
  for (const auto& file : further_) {
    if (const Action* action = file->find_action(name)) return action;
  }
  return nullptr;
}

const Trigger* Catalog::find_trigger(std::string_view name) const {
  if (const Trigger* trigger = find_in(triggers_, name)) return trigger;
  for (const auto& file : further_) {
    if (const Trigger* trigger = file->find_trigger(name)) return trigger;
  }
  return nullptr;
}

const Manifest* Catalog::find_plugin(std::string_view name) const noexcept {
  const auto found = std::find_if(plugins_.begin(), plugins_.end(), [&](const auto& one) { return one->name == name; });
  return found == plugins_.end() ? nullptr : found->get();
}

const ConnectionKind* Catalog::find_connection_kind(std::string_view name) const noexcept {
  const Manifest* plugin = find_plugin(name);
  return plugin != nullptr && plugin->connection ? &*plugin->connection : nullptr;
}

Result<Manifest> Catalog::whole(const Manifest& plugin) const {
  Manifest whole = plugin;
  for (const auto& file : further_) {
    if (&file->plugin() != &plugin) continue;
    const Result<Manifest>& content = file->content();
    if (!content) return content.error();
    whole.actions.insert(whole.actions.end(), content->actions.begin(), content->actions.end());
    whole.triggers.insert(whole.triggers.end(), content->triggers.begin(), content->triggers.end());
  }
  return whole;
}

std::vector<std::string> Catalog::action_names() const {
  std::vector<std::string> names = keys_of(actions_);
  for (const auto& file : further_) {
    if (const auto& content = file->content()) add_names(content->actions, names);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Catalog::trigger_names() const {
  std::vector<std::string> names = keys_of(triggers_);
  for (const auto& file : further_) {
    if (const auto& content = file->content()) add_names(content->triggers, names);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace millrace
