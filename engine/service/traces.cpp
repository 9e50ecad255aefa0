#include "service/traces.hpp"

#include <algorithm>
#include <filesystem>

#include "gate/gate.hpp"
#include "workflow/file_pattern.hpp"

namespace millrace {

namespace {

/// What the listener knows the changed thing by; empty where it does not watch it.
std::string subject_for(const Listener& listener, const Value& change, const Catalog& catalog) {
  const TriggerSpec& spec = listener.spec();
  const std::string target = change.text_or("target");
  if (spec.kind == "file") {
    if (!target.starts_with(file_target)) return {};
    const std::filesystem::path path = std::filesystem::path(output_folder) / target.substr(file_target.size());
    const std::string shown = path.lexically_normal().generic_string();
    const auto pattern = FilePattern::parse(spec.name);
    return pattern && pattern->matches(shown) ? shown : "";
  }
  const Action* watched = catalog.find_action(spec.name);
  const Action* done = catalog.find_action(change.text_or("action"));
  const bool same = watched != nullptr && done != nullptr && !kind_touched(*done).empty() &&
                    kind_touched(*watched) == kind_touched(*done);
  return same ? target : "";
}

}  // namespace

std::vector<StateChange> traces_of(const Value& change, const std::vector<std::string>& chain, const Sources& sources,
                                   const Catalog& catalog) {
  std::vector<StateChange> traces;
  Value::List names(chain.begin(), chain.end());
  for (const Listener& listener : sources.polls()) {
    const std::string subject = subject_for(listener, change, catalog);
    if (!subject.empty()) traces.push_back({"trigger:" + listener.name(), std::string(trace_prefix) + subject, names});
  }
  return traces;
}

bool led_to(const std::string& trace, const WatchedChange& change) {
  const std::string subject = trace.substr(trace_prefix.size());
  const std::string last = subject.substr(subject.find_last_of("/:") + 1);
  if (subject == change.key || last == change.key) return true;
  const Value* item = change.event.find("item");
  if (item == nullptr || !item->is_map()) return false;
  const Map& members = item->map();
  return std::any_of(members.begin(), members.end(),
                     [&](const auto& member) { return member.second.is_text() && member.second.text() == last; });
}

std::vector<std::string> chain_of(const Traces& traces, const WatchedChange& change) {
  std::vector<std::string> longest;
  for (const auto& [trace, names] : traces) {
    if (!led_to(trace, change) || !names.is_list() || names.list().size() <= longest.size()) continue;
    longest.clear();
    for (const Value& name : names.list()) longest.push_back(name.is_text() ? name.text() : "");
  }
  return longest;
}

}  // namespace millrace
