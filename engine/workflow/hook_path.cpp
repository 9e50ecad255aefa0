#include "workflow/hook_path.hpp"

#include <algorithm>

#include "base/percent.hpp"
#include "base/text.hpp"

namespace millrace {

std::string hook_path(const Workflow& workflow, const TriggerSpec& trigger) {
  std::string path = trigger.kind == "webhook" ? trigger.name : trigger.settings.text_or("path", workflow.id);
  path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
  while (path.ends_with('/')) path.pop_back();
  return path;
}

bool is_hook(const TriggerSpec& trigger, const Catalog& catalog) {
  if (trigger.kind == "webhook") return true;
  if (trigger.kind != "plugin") return false;
  const Trigger* known = catalog.find_trigger(trigger.name);
  // Where its plugin is gone, senders shall come back later: only a webhook names how they are proved.
  return known != nullptr ? known->kind == "webhook" : trigger.settings.find("verify") != nullptr;
}

bool take_alike(const TriggerSpec& one, const TriggerSpec& other) {
  const auto same = [&](const char* key) {
    const Value* left = one.settings.find(key);
    const Value* right = other.settings.find(key);
    return (left == nullptr) == (right == nullptr) && (left == nullptr || *left == *right);
  };
  return same("verify") && same("parse") && same("dedupe") && same("challenge") && same("respond");
}

std::optional<std::string> own_hook(const Url& url, const Project& project) {
  const auto below = [&url](std::string_view base) -> std::optional<std::string> {
    const std::string before = std::string(base) + std::string(hooks_prefix);
    if (!url.rest.starts_with(before)) return std::nullopt;
    const std::string behind = url.rest.substr(before.size(), url.rest.find('?') - before.size());
    return percent_decode(behind).value_or(behind);  // as the service reads it
  };
  const auto is_name = [&](const std::string& host) {
    return url.loopback() || url.host == host ||
           std::find(project.hosts.begin(), project.hosts.end(), url.host) != project.hosts.end();
  };
  const auto listens = parse_url("http://" + project.listen);
  const int port = project.port == 0 && listens ? listens->port : project.port;
  if (listens && url.port == port && is_name(listens->host)) return below("");
  const auto known_as = parse_url(project.public_url);
  if (known_as && url.place() == known_as->place()) return below(known_as->rest);
  return std::nullopt;
}

std::string render_chain(const std::vector<std::string>& workflows) {
  std::string text;
  for (const std::string& workflow : workflows) text += (text.empty() ? "" : ", ") + percent_encode(workflow);
  return text;
}

std::vector<std::string> parse_chain(std::string_view text) {
  std::vector<std::string> workflows;
  for (const std::string& part : split(text, ',')) {
    auto name = percent_decode(trim(part));
    if (name && !name->empty() && valid_utf8(*name)) workflows.push_back(std::move(*name));
  }
  return workflows;
}

}  // namespace millrace
