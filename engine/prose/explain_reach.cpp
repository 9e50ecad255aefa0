#include <cstdio>
#include <utility>

#include "prose/explain_parts.hpp"
#include "prose/expression_words.hpp"
#include "prose/phrases.hpp"
#include "workflow/reach_words.hpp"

namespace millrace {

namespace {

std::vector<std::string> names_of(const Bounds::Places& places) {
  std::vector<std::string> names;
  for (const Bounds::Entry& entry : places.entries) {
    const bool all = entry.effects == EffectSet::any() || entry.effects.empty();
    const std::string port = entry.port == 0 ? "" : ":" + std::to_string(entry.port);
    const std::string effects = all ? "" : " " + fill(phrases().in_brackets, {{"what", words_of(entry.effects)}});
    names.push_back(entry.name + port + effects);
  }
  if (names.empty()) names.emplace_back(places.any ? phrases().any : phrases().none);
  return names;
}

void add_places(std::vector<Sentence>& told, const std::string& part, std::string_view phrase,
                const std::optional<Bounds::Places>& places) {
  if (places) told.push_back({part, "", fill(phrase, {{"names", all_of(names_of(*places))}}), "", places->at});
}

Sentence bound_sentence(const std::string& part, const std::string& what, const Bounds::Entry& entry) {
  const Phrases& say = phrases();
  const std::string text = entry.effects.empty()
                               ? fill(say.may_not, {{"what", what}})
                               : fill(say.may_most, {{"effects", words_of(entry.effects)}, {"what", what}});
  return {part, "", text, "", entry.at};
}

/// What the file's `permissions` say.
void tell_bounds(std::vector<Sentence>& told, const Bounds& bounds) {
  const Phrases& say = phrases();
  for (const Bounds::Entry& kind : bounds.kinds)
    told.push_back(bound_sentence("permissions." + kind.name, kind.name, kind));
  if (bounds.others) told.push_back(bound_sentence("permissions.others", std::string(say.others), *bounds.others));
  if (bounds.send)
    told.push_back({"permissions.send", "", std::string(bounds.send->effects.empty() ? say.send_none : say.send_any),
                    "", bounds.send->at});
  add_places(told, "permissions.connections", say.connections, bounds.connections);
  add_places(told, "permissions.hosts", say.hosts, bounds.hosts);
  add_places(told, "permissions.files", say.files, bounds.files);
}

std::vector<std::string> listed_in(const std::set<std::string>& names) { return {names.begin(), names.end()}; }

std::string names_with_count(std::string_view phrase, const std::vector<std::string>& names) {
  return fill(phrase, {{"n", std::to_string(names.size())}, {"names", all_of(names)}});
}

}  // namespace

std::vector<Sentence> tell_reach(const Account& account, const Project& project) {
  const Phrases& say = phrases();
  std::vector<Sentence> told;
  for (const std::string& each : summary_parts(account.reach, account.locations, account.limits))
    told.push_back({"touch", "", fill(say.touch, {{"what", each}})});
  if (told.empty()) told.push_back({"touch", "", std::string(say.touches_nothing)});
  for (const std::string& name : connections_in(account)) {
    const auto scopes = scopes_at(account, name);
    if (!scopes.empty())
      told.push_back({"scopes", "", fill(say.scopes, {{"name", name}, {"scopes", all_of(listed_in(scopes))}})});
  }
  std::vector<std::string> secrets;
  for (const std::string& handle : account.secrets) secrets.push_back(handle.substr(handle.find(':') + 1));
  if (!secrets.empty()) told.push_back({"secrets", "", names_with_count(say.secrets, secrets)});
  if (!account.called.empty()) told.push_back({"calls", "", names_with_count(say.calls, account.called)});
  const auto& own = account.workflow->permissions;
  if (own != nullptr) tell_bounds(told, *own);
  if (const auto narrowed = narrowed_by(account, project); !narrowed.empty()) {
    told.push_back({"permissions", "", fill(say.narrowed, {{"where", all_of(narrowed)}})});
  } else {
    told.push_back({"permissions", "", std::string(say.not_narrowed)});
  }
  return told;
}

std::vector<Sentence> tell_limits(const Account& account) {
  const Phrases& say = phrases();
  std::vector<Sentence> told;
  const auto add = [&](const std::string& part, std::string limit, const std::string& from) {
    told.push_back({part, "", from.empty() ? limit : fill(say.by_default, {{"limit", limit}, {"name", from}})});
  };
  const Limits& limits = account.limits;
  if (limits.max_changes)
    add("safety.max_changes", fill(say.max_changes, {{"n", std::to_string(*limits.max_changes)}}),
        limits.max_changes_from);
  if (limits.max_percent) {
    char percent[32];
    std::snprintf(percent, sizeof percent, "%g", *limits.max_percent);
    add("safety.max_percent", fill(say.max_percent, {{"n", percent}}), limits.max_percent_from);
  }
  if (const auto& list = account.workflow->safety.stop_if_empty) {
    Sentence told_last = {"safety.stop_if_empty", "",
                          fill(say.stop_if_empty, {{"what", words_of(list->expression, {})}}),
                          meaning_of(list->expression), list->at};
    told.push_back(std::move(told_last));
  }
  if (told.empty()) told.push_back({"safety", "", std::string(say.no_limits)});
  return told;
}

}  // namespace millrace
