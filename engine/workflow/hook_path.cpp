#include "workflow/hook_path.hpp"

#include <algorithm>

#include "base/percent.hpp"
#include "base/text.hpp"

namespace millrace {
namespace {

std::string without_slashes_around(std::string path) {
  path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
  while (path.ends_with('/')) path.pop_back();
  return path;
}

/// The segments as a sender's program sends them: it has walked along "." and ".." before.
std::string walked(const std::string& path) {
  std::vector<std::string> kept;
  for (const std::string& segment : split(path, '/')) {
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") kept.push_back(segment);
  }
  return join(kept, "/");
}

bool is_control(char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }

UnreachedPath first_problem(const std::string& path) {
  constexpr std::string_view prefix = hooks_prefix.substr(1);  // "hooks/"
  if (const std::size_t scheme = path.find("://"); scheme != std::string::npos) {
    const std::size_t hooks = path.find(hooks_prefix, scheme + 3);
    return {"only what stands behind /hooks/ in an address is its path, such as orders",
            hooks == std::string::npos ? "" : path.substr(hooks + hooks_prefix.size())};
  }
  if (const std::size_t query = path.find_first_of("?#"); query != std::string::npos)
    return {path[query] == '?' ? "what senders write behind a \"?\" is no part of the path: expressions read it as "
                                 "delivery.query"
                               : "what stands behind a \"#\" is never sent",
            path.substr(0, query)};
  if (path.starts_with(prefix))
    return {"a path begins behind /hooks/, so this one would be /hooks/" + path, path.substr(prefix.size())};
  if (path.find('\\') != std::string::npos) {
    std::string meant = path;
    std::replace(meant.begin(), meant.end(), '\\', '/');
    return {"programs that send make a \"/\" of each \"\\\"", meant};
  }
  const std::string rooted = "/" + path;
  const std::size_t parameter = std::min({rooted.find_first_of("{}<>"), rooted.find("/:"), rooted.find("/*")});
  if (parameter != std::string::npos)
    return {
        "a path is called as it stands and has no parameters: senders put them into the body, or into the query, which "
        "expressions read as delivery.query",
        rooted.substr(0, rooted.rfind('/', parameter))};
  if (path.find('%') != std::string::npos)
    return {"a path is written as it reads, and what senders escape with \"%\" is read so, too",
            percent_decode(path).value_or("")};
  if (std::any_of(path.begin(), path.end(), is_control))
    return {"it has a control character, such as a line end, in it", ""};
  if (path.find(' ') != std::string::npos) {
    std::string meant = join(split(trim(path), ' '), "-");
    return {"no address has blanks in it", meant};
  }
  if (const std::string meant = walked(path); meant != path)
    return {"programs that send leave out \".\", \"..\" and what is empty between two \"/\"", meant};
  return {path.empty() ? "it names nothing below /hooks/, such as orders" : "", ""};
}

}  // namespace

std::string hook_path(const Workflow& workflow, const TriggerSpec& trigger) {
  return without_slashes_around(trigger.kind == "webhook" ? trigger.name
                                                          : trigger.settings.text_or("path", workflow.id));
}

std::optional<UnreachedPath> unreached(std::string_view path) {
  UnreachedPath found = first_problem(without_slashes_around(std::string(path)));
  if (found.why.empty()) return std::nullopt;
  found.meant = without_slashes_around(found.meant);
  if (const auto next = found.meant.empty() ? std::nullopt : unreached(found.meant)) found.meant = next->meant;
  return found;
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
