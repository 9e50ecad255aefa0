#include "workflow/permissions.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "catalog/kind.hpp"

namespace millrace {

namespace {

std::string stands_at(const SourceMark& at) {
  const std::string file = at.source ? at.source->name : "";
  return "permissions in " + file + ":" + std::to_string(at.line);
}

/// "crm.example.com" of "*.example.com"; not "example.com" itself.
bool is_host(const Bounds::Entry& entry, const Touch& touch) {
  if (entry.port != 0 && touch.port != 0 && entry.port != touch.port) return false;
  const std::string_view name = entry.name;
  if (!name.starts_with("*.")) return name == touch.place;
  return touch.place.size() > name.size() - 1 && touch.place.ends_with(name.substr(1));
}

bool lies_in(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

/// Whether a path that begins so may lie in the folder.
bool may_lie_in(std::string_view beginning, std::string_view folder) {
  return lies_in(beginning, folder) || folder.starts_with(beginning) ||
         (beginning.size() == folder.size() + 1 && beginning.starts_with(folder));
}

template <class Fits>
bool among(const Bounds::Places& places, const Fits& fits) {
  return places.any || std::any_of(places.entries.begin(), places.entries.end(), fits);
}

std::optional<Forbidden> by_connection(const Bounds& bounds, const Touch& touch) {
  if (!bounds.connections || touch.connection.empty()) return std::nullopt;
  if (among(*bounds.connections, [&](const Bounds::Entry& entry) { return entry.name == touch.connection; }))
    return std::nullopt;
  const std::string name(touch.connection);
  return Forbidden{stands_at(bounds.connections->at) + " do not name the connection \"" + name + "\"",
                   "add " + name + " to connections there", bounds.connections->at};
}

std::optional<Forbidden> by_send(const Bounds& bounds, const Touch& touch) {
  if (!bounds.send || touch.at == Touch::At::file) return std::nullopt;
  if (touch.effects != EffectSet(Effect::send) || !bounds.send->effects.empty()) return std::nullopt;
  return Forbidden{stands_at(bounds.send->at) + " allow it to send nothing", "say send: any there", bounds.send->at};
}

std::optional<Forbidden> by_kind(const Bounds& bounds, const Touch& touch) {
  if (bounds.kinds.empty() && !bounds.others) return std::nullopt;
  const auto named = std::find_if(bounds.kinds.begin(), bounds.kinds.end(),
                                  [&](const Bounds::Entry& entry) { return same_kind(entry.name, touch.kind); });
  if (named == bounds.kinds.end() && touch.is_message()) return std::nullopt;  // `send` speaks of it
  const Bounds::Entry* said = named != bounds.kinds.end() ? &*named : bounds.others ? &*bounds.others : nullptr;
  if (said != nullptr && said->effects.meets(touch.effects)) return std::nullopt;
  const std::string things = several_of_kind(touch.kind);
  const SourceMark& at = said != nullptr ? said->at : bounds.at;
  std::string why = stands_at(at);
  if (said == nullptr) {
    why += " do not name " + things;
  } else if (said->effects.empty()) {
    why += " allow nothing with " + things;
  } else {
    why += " allow only to " + words_of(said->effects) + " " + things;
  }
  const std::string wanted = touch.effects == EffectSet::any() ? "any" : words_of(touch.effects);
  if (named == bounds.kinds.end())
    return Forbidden{std::move(why), "say " + key_for(touch.kind) + ": " + wanted + " there", at};
  return Forbidden{std::move(why), "add " + wanted + " to " + named->name + " there", at};
}

std::optional<Forbidden> by_host(const Bounds& bounds, const Touch& touch) {
  if (!bounds.hosts) return std::nullopt;
  const bool known = touch.whole;
  const bool fits = among(*bounds.hosts, [&](const Bounds::Entry& entry) {
    return entry.effects.meets(touch.effects) && (!known || is_host(entry, touch));
  });
  if (fits) return std::nullopt;
  std::string host(touch.shown.empty() ? touch.place : touch.shown);
  if (touch.shown.empty() && touch.port != 0 && touch.port != 80 && touch.port != 443)
    host += ":" + std::to_string(touch.port);
  const std::string where = stands_at(bounds.hosts->at);
  if (!known)
    return Forbidden{where + " name no host to which it may " + words_of(touch.effects), "name the hosts there",
                     bounds.hosts->at};
  const auto named = std::find_if(bounds.hosts->entries.begin(), bounds.hosts->entries.end(),
                                  [&](const Bounds::Entry& entry) { return is_host(entry, touch); });
  if (named != bounds.hosts->entries.end())
    return Forbidden{stands_at(named->at) + " allow only to " + words_of(named->effects) + " at " + host,
                     "say " + named->name + ": any there", named->at};
  return Forbidden{where + " do not name the host " + host, "add " + host + " to hosts there", bounds.hosts->at};
}

std::optional<Forbidden> by_folder(const Bounds& bounds, const Touch& touch) {
  if (!bounds.files) return std::nullopt;
  const std::string_view path = touch.place;
  const bool fits = among(*bounds.files, [&](const Bounds::Entry& entry) {
    return touch.whole ? lies_in(path, entry.name) : may_lie_in(path, entry.name);
  });
  if (fits) return std::nullopt;
  std::vector<std::string> folders;
  const bool sent = touch.effects == Effect::read || touch.effects == Effect::send;  // from the project's folder
  for (const Bounds::Entry& entry : bounds.files->entries) folders.push_back((sent ? "" : "output/") + entry.name);
  const std::string only = folders.empty() ? " allow no files" : " allow files only in " + join(folders, ", ");
  const std::size_t slash = path.find('/');
  const std::string folder(slash == std::string_view::npos ? path : path.substr(0, slash + 1));
  return Forbidden{stands_at(bounds.files->at) + only,
                   folder.empty() ? "name its folder under files there" : "add " + folder + " to files there",
                   bounds.files->at};
}

}  // namespace

std::string words_of(EffectSet effects) {
  std::vector<std::string> said;
  for (const Effect effect : all_effects) {
    if (effects.meets(effect)) said.emplace_back(name_of(effect));
  }
  return listed(std::move(said));
}

bool Touch::is_message() const noexcept {
  return effects == EffectSet(Effect::send) && (kind == "mail" || kind == "url");
}

std::optional<Forbidden> forbidden_by(const Bounds& bounds, const Touch& touch) {
  if (auto forbidden = by_connection(bounds, touch)) return forbidden;
  if (auto forbidden = by_send(bounds, touch)) return forbidden;
  switch (touch.at) {
    case Touch::At::thing:
      return by_kind(bounds, touch);
    case Touch::At::address:
      return by_host(bounds, touch);
    case Touch::At::file:
      return by_folder(bounds, touch);
  }
  return std::nullopt;
}

EffectSet permitted_of(const Bounds& bounds, Touch touch) {
  EffectSet permitted;
  const EffectSet all = touch.effects;
  for (const Effect effect : all_effects) {
    if (!all.meets(effect)) continue;
    touch.effects = effect;
    if (!forbidden_by(bounds, touch)) permitted = permitted | effect;
  }
  return permitted;
}

std::string key_for(std::string_view kind) {
  std::string key = several_of_kind(kind);
  std::replace(key.begin(), key.end(), ' ', '_');
  return key;
}

std::string_view below_output(std::string_view path) noexcept {
  while (path.starts_with("./")) path.remove_prefix(2);
  if (path.starts_with("output/")) path.remove_prefix(7);
  return path;
}

}  // namespace millrace
