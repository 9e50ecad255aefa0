#include "openapi/differences.hpp"

#include <map>
#include <set>

#include "value/json.hpp"

namespace millrace {

namespace {

using ByName = std::map<std::string, const Action*>;

ByName by_name(const Manifest& manifest) {
  ByName actions;
  for (const Action& action : manifest.actions) actions.emplace(action.name.substr(manifest.name.size() + 1), &action);
  return actions;
}

bool same(const Value* one, const Value* other) {
  return one == other || (one != nullptr && other != nullptr && *one == *other);
}

std::vector<std::string> changed_parts(const Value& before, const Value& after, const Action& was, const Action& is) {
  std::set<std::string> parts;
  for (const Value* action : {&before, &after}) {
    for (const auto& [key, value] : action->map()) {
      if (!same(before.find(key.text()), after.find(key.text()))) parts.insert(key.text());
    }
  }
  if (!(was.input->document() == is.input->document())) parts.insert("input");
  if (!(was.output->document() == is.output->document())) parts.insert("output");
  return {parts.begin(), parts.end()};
}

/// Every text of a mapping by its path: "oauth2.token_url".
void add_parts(const Value* said, const std::string& before, std::map<std::string, std::string>& parts) {
  if (said == nullptr || !said->is_map()) return;
  for (const auto& [key, value] : said->map()) {
    const std::string path = before + key.text();
    if (value.is_map()) {
      add_parts(&value, path + ".", parts);
    } else {
      parts[path] = value.is_text() ? value.text() : encode_json(value);
    }
  }
}

/// What the manifest says of its connections, and what the document said for millrace.yaml where that was written down.
std::vector<ConnectionChange> connection_changes(const Value& before, const Value& after) {
  std::map<std::string, std::string> was, is, both;
  add_parts(before.find("connection"), "", was);
  add_parts(after.find("connection"), "", is);
  const Value *imported = before.find("imported"), *anew = after.find("imported");
  for (const std::string_view part : {"base_url", "auth"}) {
    const bool known = imported != nullptr && anew != nullptr && imported->find(part) != nullptr;
    if (known) was["millrace.yaml: " + std::string(part)] = imported->text_or(part);
    if (known) is["millrace.yaml: " + std::string(part)] = anew->text_or(part);
  }
  both = was;
  both.insert(is.begin(), is.end());
  std::vector<ConnectionChange> changes;
  for (const auto& [part, value] : both) {
    if (was[part] != is[part]) changes.push_back({part, was[part], is[part]});
  }
  return changes;
}

}  // namespace

ImportDifferences differences(const ReadManifest& before, const ReadManifest& after) {
  ImportDifferences found;
  found.connection = connection_changes(before.document, after.document);
  const ByName was = by_name(before.manifest), is = by_name(after.manifest);
  for (const auto& [name, action] : was) {
    const auto there = is.find(name);
    if (there == is.end()) {
      found.removed.push_back(name);
      continue;
    }
    const Value &old = *before.document.find("actions")->find(name), &now = *after.document.find("actions")->find(name);
    auto parts = changed_parts(old, now, *action, *there->second);
    if (!parts.empty()) found.changed.emplace_back(name, std::move(parts));
  }
  for (const auto& [name, action] : is) {
    if (was.count(name) == 0) found.added.push_back(name);
  }
  return found;
}

}  // namespace millrace
