#include "workflow/plugin_lock.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "catalog/pin.hpp"
#include "workflow/fields.hpp"
#include "workflow/format_schemas.hpp"
#include "yaml/files.hpp"
#include "yaml/quotes.hpp"

namespace millrace {
namespace {

constexpr std::string_view digest_prefix = "sha256:";

std::string digest_in(const Value& value, std::string_view key) {
  const std::string text = value.text_or(key);
  return text.empty() ? text : text.substr(digest_prefix.size());
}

std::vector<std::string> texts_in(const Value& value, std::string_view key) {
  std::vector<std::string> texts;
  const Value* list = value.find(key);
  if (!list) return texts;
  for (const Value& one : list->list()) texts.push_back(one.text());
  return texts;
}

Permissions decode_permissions(const Value& value) {
  Permissions agreed;
  agreed.does = texts_in(value, "does");
  agreed.calls = texts_in(value, "calls");
  agreed.hosts = texts_in(value, "hosts");
  agreed.files = texts_in(value, "files");
  if (const Value* memory = value.find("memory_mib")) agreed.memory_mib = memory->integer();
  return agreed;
}

/// REQUIRES: the value fits its schema.
PluginLock decode(const Value& value, const Node& root, const YamlDocument& document) {
  PluginLock lock;
  if (const Value* keys = value.find("keys")) {
    for (const Value& key : keys->list())
      lock.keys.push_back({key.text_or("key"), key.text_or("name"), key.text_or("since")});
  }
  const Value* plugins = value.find("plugins");
  if (!plugins) return lock;
  for (const auto& [name, entry] : plugins->map()) {
    LockedPlugin plugin;
    plugin.name = name.text();
    plugin.version = entry.text_or("version");
    plugin.manifest = digest_in(entry, "manifest");
    plugin.library = digest_in(entry, "library");
    plugin.permissions = decode_permissions(*entry.find("permissions"));
    plugin.keys = texts_in(entry, "keys");
    plugin.by = entry.text_or("by");
    plugin.at = entry.text_or("at");
    plugin.mark = document.key_mark(*root.find("plugins")->member(plugin.name));
    lock.plugins.push_back(std::move(plugin));
  }
  return lock;
}

std::string in_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(in_yaml_quotes(text));
  return between('[', join(quoted, ", "), ']');
}

std::string encode(const LockedPlugin& plugin) {
  const auto line = [](std::string_view key, const std::string& value) {
    return "    " + std::string(key) + ": " + value + "\n";
  };
  const Permissions& agreed = plugin.permissions;
  std::string text = "  " + plugin.name + ":\n";
  text += line("version", in_yaml_quotes(plugin.version));
  text += line("manifest", std::string(digest_prefix) + plugin.manifest);
  if (!plugin.library.empty()) text += line("library", std::string(digest_prefix) + plugin.library);
  text += "    permissions:\n";
  text += "  " + line("does", in_list(agreed.does));
  text += "  " + line("calls", in_list(agreed.calls));
  text += "  " + line("hosts", in_list(agreed.hosts));
  text += "  " + line("files", in_list(agreed.files));
  text += "  " + line("memory_mib", std::to_string(agreed.memory_mib));
  if (!plugin.keys.empty()) text += line("keys", in_list(plugin.keys));
  text += line("by", in_yaml_quotes(plugin.by));
  text += line("at", in_yaml_quotes(plugin.at));
  return text;
}

/// What is not as it was agreed to; empty: all is.
std::string difference(const LockedPlugin& agreed, const Manifest& plugin) {
  const std::string cure =
      "; put back what was agreed to, or agree to what is there now with \"millrace plugin add\" and its package";
  const std::string since = " is not the one that " + agreed.by + " agreed to";
  if (plugin.fingerprint() != agreed.manifest) return "its manifest" + since + cure;
  if (plugin.library == agreed.library.empty() || plugin.pin != agreed.pin()) return "its library" + since + cure;
  const auto more = widened(agreed.permissions, permissions_of(plugin));
  return more.empty() ? "" : "its manifest asks for more than was agreed to (" + join(more, ", ") + ")" + cure;
}

}  // namespace

std::string LockedPlugin::pin() const { return library.empty() ? "" : pin_of(name, manifest, library); }

const LockedPlugin* PluginLock::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(plugins.begin(), plugins.end(), [name](const LockedPlugin& one) { return one.name == name; });
  return found == plugins.end() ? nullptr : &*found;
}

const TrustedKey* PluginLock::find_key(std::string_view key) const noexcept {
  const auto found = std::find_if(keys.begin(), keys.end(), [key](const TrustedKey& one) { return one.key == key; });
  return found == keys.end() ? nullptr : &*found;
}

LoadedLock load_plugin_lock(const std::filesystem::path& root) {
  LoadedLock loaded;
  const std::filesystem::path path = root / plugin_lock_file;
  std::error_code failed;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, failed))) return {PluginLock(), {}};
  auto source = read_source(path, std::string(plugin_lock_file));
  if (Finding* unreadable = std::get_if<Finding>(&source)) return {std::nullopt, {std::move(*unreadable)}};
  auto text = std::get<std::shared_ptr<const SourceText>>(std::move(source));
  if (auto unfit = unfit_text(text)) return {std::nullopt, {std::move(*unfit)}};
  loaded.text = text->text;
  YamlDocument document = read_yaml(std::move(text));
  loaded.findings = std::move(document.findings);
  if (document.root && document.root->is_map()) {
    FieldReader fields(document, loaded.findings);
    const Value value = fields.fixed(*document.root, view_of(plugin_lock_format()));
    const bool fits = fields.check_shape(*document.root, value, plugin_lock_format());
    if (fits && !has_errors(loaded.findings)) loaded.lock = decode(value, *document.root, document);
  } else if (!has_errors(loaded.findings)) {
    loaded.findings.push_back(document.root ? not_a_mapping(document, "version: 1") : empty_file(document));
  }
  return loaded;
}

std::string encode(const PluginLock& lock) {
  std::string text =
      "# Written by \"millrace plugin add\": what was agreed to. What lies in plugins/ and differs from it is not "
      "used.\n"
      "version: 1\n";
  if (!lock.keys.empty()) text += "keys:\n";
  for (const TrustedKey& key : lock.keys) {
    text += "  - key: " + in_yaml_quotes(key.key) + "\n";
    if (!key.name.empty()) text += "    name: " + in_yaml_quotes(key.name) + "\n";
    text += "    since: " + in_yaml_quotes(key.since) + "\n";
  }
  if (!lock.plugins.empty()) text += "plugins:\n";
  for (const LockedPlugin& plugin : lock.plugins) text += encode(plugin);
  return text;
}

void hold_to(const PluginLock& lock, Catalog& catalog) {
  for (const LockedPlugin& agreed : lock.plugins) {
    const Manifest* plugin = catalog.find_plugin(agreed.name);
    if (plugin != nullptr && plugin->shipped) continue;  // ours is used, whatever lies in plugins/
    const auto problems = catalog.own_problems();
    const bool told = std::any_of(problems.begin(), problems.end(),
                                  [&agreed](const Catalog::Problem& problem) { return problem.plugin == agreed.name; });
    if (plugin == nullptr && told) continue;
    const std::string problem =
        plugin != nullptr ? difference(agreed, *plugin)
                          : "it is not in plugins/ any more; add its package again, or take it out of this file";
    if (problem.empty()) continue;
    catalog.refuse(agreed.name,
                   {ErrorCode::denied, "the plugin \"" + agreed.name + "\" is not used: " + problem, agreed.mark});
  }
}

}  // namespace millrace
