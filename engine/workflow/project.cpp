#include "workflow/project.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "workflow/fields.hpp"
#include "workflow/files.hpp"
#include "workflow/format_schemas.hpp"
#include "workflow/schedule.hpp"

namespace millrace {
namespace {

constexpr std::string_view secret_prefix = "secret:";

/// Reads one millrace.yaml.
class ProjectLoader {
 public:
  ProjectLoader(const YamlDocument& document, std::vector<Finding>& findings)
      : document_(document), fields_(document, findings) {}

  void load(const Node& root, Project& project) {
    const Schema& format = project_format();
    const Value value = fields_.fixed(root, view_of(format));
    fields_.check_shape(root, value, format);
    project.timezone = value.text_or("timezone", project.timezone);
    project.store = value.text_or("store", project.store);
    if (const Value* server = value.find("server")) {
      project.listen = server->text_or("listen", project.listen);
      project.public_url = server->text_or("public_url");
    }
    if (const Node* zone = root.find("timezone"); zone && zone->is_scalar() && !zone->is_empty()) check_zone(*zone);
    const Value* trust = value.find("trust");
    if (trust && trust->is_list()) {
      for (const Value& digest : trust->list()) {
        if (digest.is_text()) project.trust.push_back(digest.text());
      }
    }
    const Value* connections = value.find("connections");
    if (!connections || !connections->is_map()) return;
    for (const auto& [name, settings] : connections->map()) {
      project.connections.push_back(connection(*root.find("connections")->member(name.text()), settings));
    }
  }

 private:
  void check_zone(const Node& node) {
    if (const auto problem = zone_problem(node.text)) {
      fields_.report(finding(Rule::unknown_zone, fields_.mark(node), problem->message, problem->suggestion));
    }
  }

  ConnectionSettings connection(const Node::Member& member, const Value& value) {
    ConnectionSettings settings;
    settings.name = member.key;
    settings.at = document_.key_mark(member);
    settings.plugin = value.text_or("plugin");
    settings.base_url = value.text_or("base_url");
    while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
    check_url(member.value, settings.base_url);
    if (const Value* auth = value.find("auth")) settings.token = auth->text_or("token");
    const Node* auth = member.value.find("auth");
    const Node* token = auth ? auth->find("token") : nullptr;
    const bool named = settings.token.starts_with(secret_prefix) && settings.token.size() > secret_prefix.size();
    if (token && !settings.token.empty() && !named) {
      fields_.report(finding(Rule::plain_secret, fields_.mark(*token),
                             "a token is named here, never written: secret:" + settings.name +
                                 "_token, for example, and millrace keeps its value elsewhere"));
    }
    locations(settings, value);
    return settings;
  }

  void check_url(const Node& connection, const std::string& url) {
    const bool good =
        url.empty() || url.starts_with("http://") || url.starts_with("https://") || url.starts_with(secret_prefix);
    const Node* node = connection.find("base_url");
    if (good || !node) return;
    const bool bare = url.find("://") == std::string::npos;
    fields_.report(finding(Rule::wrong_value, fields_.mark(*node), "an address begins with https:// (or http://)",
                           bare ? "https://" + url : ""));
  }

  static void locations(ConnectionSettings& settings, const Value& value) {
    const Value* locations = value.find("locations");
    if (!locations) return;
    Value::List names;
    if (locations->is_list()) names = locations->list();
    if (locations->is_text()) names.push_back(*locations);
    for (const Value& name : names) {
      if (!name.is_text()) continue;
      if (name.text() == "all") {
        settings.all_locations = true;
      } else {
        settings.locations.push_back(name.text());
      }
    }
  }

  const YamlDocument& document_;
  FieldReader fields_;
};

/// The environment goes before the file: what it says is used, and checked as a file's would be.
void lay_environment_over(Project& project, std::vector<Finding>& findings) {
  const auto take = [&](const char* name, std::string& into) {
    const char* said = std::getenv(name);
    if (!said || *said == '\0') return false;
    into = said;
    return true;
  };
  take("MILLRACE_STORE", project.store);
  take("MILLRACE_LISTEN", project.listen);
  take("MILLRACE_PUBLIC_URL", project.public_url);
  while (project.public_url.ends_with('/')) project.public_url.pop_back();
  if (!take("MILLRACE_TIMEZONE", project.timezone)) return;
  if (const auto problem = zone_problem(project.timezone)) {
    const auto source = std::make_shared<const SourceText>(SourceText{"MILLRACE_TIMEZONE", ""});
    findings.push_back(finding(Rule::unknown_zone, {source, 0, 0, 1}, problem->message));
  }
}

}  // namespace

const ConnectionSettings* Project::find_connection(std::string_view name) const noexcept {
  const auto found = std::find_if(connections.begin(), connections.end(),
                                  [&](const ConnectionSettings& one) { return one.name == name; });
  return found == connections.end() ? nullptr : &*found;
}

LoadedProject load_project(const std::filesystem::path& root) {
  LoadedProject loaded;
  Project project;
  project.root = root;
  const std::filesystem::path path = root / "millrace.yaml";
  std::error_code failed;
  project.has_file = std::filesystem::exists(path, failed);
  if (project.has_file) {
    auto source = read_source(path, "millrace.yaml");
    if (Finding* unreadable = std::get_if<Finding>(&source)) {
      loaded.findings.push_back(std::move(*unreadable));
      return loaded;
    }
    auto text = std::get<std::shared_ptr<const SourceText>>(std::move(source));
    if (auto unfit = unfit_text(text)) {
      loaded.findings.push_back(std::move(*unfit));
      return loaded;
    }
    YamlDocument document = read_yaml(std::move(text));
    loaded.findings = std::move(document.findings);
    if (document.root && document.root->is_map()) {
      ProjectLoader(document, loaded.findings).load(*document.root, project);
    } else if (document.root) {
      loaded.findings.push_back(not_a_mapping(document, "version: 1"));
    } else if (!has_errors(loaded.findings)) {
      loaded.findings.push_back(empty_file(document));
    }
  }
  lay_environment_over(project, loaded.findings);
  sort_findings(loaded.findings);
  if (!has_errors(loaded.findings)) loaded.project = std::move(project);
  return loaded;
}

}  // namespace millrace
