#include "openapi/differences.hpp"

#include <map>
#include <set>

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

}  // namespace

ImportDifferences differences(const ReadManifest& before, const ReadManifest& after) {
  ImportDifferences found;
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
