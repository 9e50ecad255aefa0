#include "workflow/revocations.hpp"

#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "yaml/files.hpp"

namespace millrace {
namespace {

/// Nothing in a line that is empty or only a comment.
std::optional<Revocation> revocation_in(std::string_view whole, const std::string& where = std::string(revoked_file)) {
  const std::string_view line = trim(whole);
  if (line.empty() || line.front() == '#') return std::nullopt;
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  return Revocation{std::string(line.substr(0, end)), std::string(trim(line.substr(end))), where};
}

}  // namespace

std::vector<Revocation> revocations_in(std::string_view text, const std::string& where) {
  std::vector<Revocation> list;
  for (const std::string& each : split(text, '\n')) {
    if (auto one = revocation_in(each, where)) list.push_back(std::move(*one));
  }
  return list;
}

LoadedRevocations load_revocations(const std::filesystem::path& root) {
  const std::filesystem::path path = root / revoked_file;
  std::error_code failed;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, failed))) return {std::vector<Revocation>(), {}};
  auto source = read_source(path, std::string(revoked_file));
  if (Finding* unreadable = std::get_if<Finding>(&source)) return {std::nullopt, {std::move(*unreadable)}};
  const auto text = std::get<std::shared_ptr<const SourceText>>(std::move(source));
  if (auto unfit = unfit_text(text)) return {std::nullopt, {std::move(*unfit)}};
  return {revocations_in(text->text, std::string(revoked_file)), {}, text->text};
}

std::string with_revocation(std::string text, const Revocation& revocation) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text + revocation.what + (revocation.reason.empty() ? "" : " " + printable(revocation.reason)) + "\n";
}

std::string without_revocations(std::string_view text, const std::function<bool(const Revocation&)>& over) {
  std::string rest;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    const auto one = revocation_in(line);
    if (!one || !over(*one)) rest += line;
    text.remove_prefix(line.size());
  }
  return rest;
}

bool concerns(const std::string& what, const LockedPlugin& plugin) {
  if (what == plugin.name || what == plugin.name + "@" + plugin.version) return true;
  if (what == "sha256:" + plugin.manifest) return true;
  if (!plugin.library.empty() && (what == "sha256:" + plugin.library || what == plugin.pin())) return true;
  return !plugin.keys.empty() && what == plugin.keys.back();
}

bool concerns(const std::string& what, const Manifest& plugin, const PluginLock& lock) {
  if (what == plugin.name || what == plugin.name + "@" + plugin.version) return true;
  if (what == "sha256:" + plugin.fingerprint()) return true;
  if (!plugin.pin.empty() && (what == plugin.pin || what == "sha256:" + plugin.library_hash)) return true;
  const LockedPlugin* locked = plugin.shipped ? nullptr : lock.find(plugin.name);
  return locked != nullptr && concerns(what, *locked);
}

std::map<std::string, std::string> revoked(const std::vector<Revocation>& list, const PluginLock& lock,
                                           const Catalog& catalog) {
  std::map<std::string, std::string> found;
  if (list.empty()) return found;  // without reading every manifest
  for (const auto& plugin : catalog.plugins()) {
    for (const Revocation& one : list) {
      if (!concerns(one.what, *plugin, lock)) continue;
      found.emplace(plugin->name, "the plugin \"" + plugin->name + "\" is revoked (" + one.what + " in " + one.where +
                                      ")" + (one.reason.empty() ? "" : ": " + one.reason));
    }
  }
  return found;
}

}  // namespace millrace
