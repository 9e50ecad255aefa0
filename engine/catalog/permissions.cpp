#include "catalog/permissions.hpp"

#include <algorithm>

namespace millrace {
namespace {

void put_in_order(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

bool is_in(const std::vector<std::string>& list, const std::string& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

/// Whether the folder, or one around it, is among those.
bool is_below(const std::vector<std::string>& folders, const std::string& one) {
  return std::any_of(folders.begin(), folders.end(),
                     [&one](const std::string& folder) { return one == folder || one.starts_with(folder + "/"); });
}

std::string does(const Manifest& plugin, const Action& action) {
  std::string said(name_of(action.effect));
  if (action.effect_follows_method || !action.effect_input.empty()) said += " or what its input says";
  return said + " " + action.name.substr(plugin.name.size() + 1);
}

}  // namespace

Permissions permissions_of(const Manifest& plugin) {
  Permissions asked;
  asked.hosts = plugin.hosts;
  for (std::string folder : plugin.files) {
    while (folder.ends_with('/')) folder.pop_back();
    asked.files.push_back(std::move(folder));
  }
  if (plugin.library) asked.memory_mib = plugin.memory_mib;
  for (const Action& action : plugin.actions) {
    if (action.effect != Effect::none) asked.does.push_back(does(plugin, action));
    if (action.request && !action.request->url_input.empty()) asked.hosts.emplace_back("any");
    asked.calls.insert(asked.calls.end(), action.calls.begin(), action.calls.end());
    for (const std::string& call : action.optional_calls) asked.calls.push_back(call + "?");
  }
  for (const Trigger& trigger : plugin.triggers)
    asked.calls.insert(asked.calls.end(), trigger.calls.begin(), trigger.calls.end());
  for (auto* list : {&asked.does, &asked.calls, &asked.hosts, &asked.files}) put_in_order(*list);
  return asked;
}

std::vector<std::string> widened(const Permissions& agreed, const Permissions& asked) {
  std::vector<std::string> more;
  if (asked.memory_mib > 0 && agreed.memory_mib == 0) more.emplace_back("a library");
  for (const std::string& one : asked.does) {
    if (!is_in(agreed.does, one)) more.push_back(one);
  }
  for (const std::string& one : asked.calls) {
    const std::string plain = one.ends_with('?') ? one.substr(0, one.size() - 1) : one;
    if (!is_in(agreed.calls, plain) && !is_in(agreed.calls, plain + "?")) more.push_back("calls " + one);
  }
  for (const std::string& one : asked.hosts) {
    if (!is_in(agreed.hosts, one)) more.push_back("hosts " + one);
  }
  for (const std::string& one : asked.files) {
    if (!is_below(agreed.files, one)) more.push_back("files output/" + one + "/");
  }
  if (agreed.memory_mib > 0 && asked.memory_mib > agreed.memory_mib)
    more.push_back(std::to_string(asked.memory_mib) + " MiB of memory");
  return more;
}

}  // namespace millrace
