#include "catalog/manifest_checks.hpp"

#include <algorithm>
#include <system_error>

#include "base/text.hpp"
#include "catalog/decode_inverse.hpp"
#include "catalog/json_place.hpp"
#include "catalog/pages.hpp"

namespace millrace {
namespace {

/// Checks one action. Places are below its own place in the manifest.
class ActionCheck {
 public:
  ActionCheck(const Manifest& manifest, const Manifest* beside, const Action& action,
              std::vector<ManifestProblem>& problems)
      : manifest_(manifest),
        beside_(beside),
        action_(action),
        here_(deeper("/actions", action.name.substr(manifest.name.size() + 1))),
        inputs_(action.inputs().property_names()),
        problems_(problems) {}

  void check() {
    check_kind();
    if (!action_.effect_input.empty()) check_input(action_.effect_input, here_ + "/effect_input");
    if (!action_.safety.counts.empty()) check_input(action_.safety.counts, here_ + "/safety/counts");
    check_pattern(action_.target, here_ + "/target");
    check_pattern(action_.change, here_ + "/change");
    if (action_.request) check_request(*action_.request);
    if (action_.resource) check_resource(*action_.resource);
    check_inverse(manifest_, beside_, action_, here_ + "/inverse", problems_);
    if (action_.probe) check_probe(*action_.probe);
    const bool says_method = action_.request && action_.request->method.starts_with('{');
    if (action_.effect_follows_method && (!says_method || action_.effect_input.empty())) {
      report(
          here_ + "/effect_follows_method",
          "the effect follows the method only where inputs say both: it needs an \"effect_input\", and a request with "
          "the \"method\": \"{method}\"");
    }
    if (!(action_.calls.empty() && action_.optional_calls.empty()) && action_.does_itself()) {
      report(here_ + "/calls", "only an action that the library does can call others");
    }
  }

 private:
  void report(std::string pointer, std::string message) {
    problems_.push_back({.pointer = std::move(pointer), .message = std::move(message)});
  }

  void check_kind() {
    if (action_.request && action_.result) {
      report(here_, "\"request\" and \"result\" exclude each other: an action is either a request or an expression");
    }
    if (!action_.does_itself() && !manifest_.library) {
      report(here_,
             "nothing does this action: it has no \"request\" and no \"result\", and the plugin says no \"library\": "
             "true");
    }
    if (action_.reads_file && (action_.request || action_.result || action_.effect != Effect::read || !takes("file"))) {
      report(here_ + "/reads_file",
             "an action that reads a file has the effect \"read\" and an input \"file\", and neither a \"request\" nor "
             "a \"result\"");
    }
    if (action_.result && action_.effect != Effect::none) {
      report(here_, "an action with a \"result\" does nothing to the outside: it needs \"effect\": \"none\"");
    }
    if (action_.request && action_.effect == Effect::none) {
      report(here_ + "/effect", "a request has an effect; one that only asks has \"read\"");
    }
  }

  bool takes(const std::string& name) const { return std::find(inputs_.begin(), inputs_.end(), name) != inputs_.end(); }

  void check_input(const std::string& name, std::string pointer) {
    if (takes(name) || action_.inputs().open()) return;
    report(std::move(pointer), "there is no input \"" + name + "\"" + did_you_mean(name, inputs_));
  }

  void check_pattern(std::string_view pattern, const std::string& pointer) {
    for (const std::string& name : places_in(pattern)) check_input(name, pointer);
  }

  void check_body(const Value& body, const std::string& pointer) {
    if (body.is_text()) check_input(body.text(), pointer);
    if (body.is_map()) {
      for (const auto& [key, value] : body.map()) check_body(value, deeper(pointer, key.text()));
    }
    if (body.is_list()) {
      for (std::size_t at = 0; at < body.list().size(); ++at) {
        check_body(body.list()[at], deeper(pointer, std::to_string(at)));
      }
    }
  }

  void check_request(const RequestMapping& request) {
    const std::string here = here_ + "/request";
    check_pattern(request.method, here + "/method");
    check_pattern(request.path, here + "/path");
    for (const auto& [name, input] : request.query) check_input(input, deeper(here + "/query", name));
    for (const auto& [name, input] : request.cookies) check_input(input, deeper(here + "/cookies", name));
    check_pages(action_, here + "/pages", problems_);
    check_body(request.body, here + "/body");
    const std::pair<const char*, const std::string*> named[] = {
        {"/body_input", &request.body_input},       {"/body_names_input", &request.body_names_input},
        {"/headers_input", &request.headers_input}, {"/query_input", &request.query_input},
        {"/accept_input", &request.accept_input},   {"/save_input", &request.save_input},
        {"/url_input", &request.url_input}};
    for (const auto& [key, input] : named) {
      if (!input->empty()) check_input(*input, here + key);
    }
    std::vector<std::string> bodies;
    if (!request.body.is_null()) bodies.emplace_back("body");
    if (!request.body_input.empty()) bodies.emplace_back("body_input");
    if (request.body_result) bodies.emplace_back("body_result");
    if (bodies.size() > 1)
      report(here + "/" + bodies[1], "\"" + bodies[0] + "\" and \"" + bodies[1] + "\" exclude each other");
    if (request.body_result) check_names(*request.body_result, with_now(), here + "/body_result", problems_);
    if (request.signed_if) check_names(*request.signed_if, inputs_, here + "/signed_if", problems_);
    if (request.refused_if) check_names(*request.refused_if, {"answer", "input"}, here + "/refused_if", problems_);
    if (request.multipart && !request.body.is_map()) {
      report(here + "/body_format", "a multipart body needs a \"body\" that says its parts");
    }
    for (const auto& [name, type] : request.part_types) {
      if (!request.multipart || request.body.find(name) == nullptr)
        report(deeper(here + "/part_types", name), "the multipart \"body\" has no such part");
    }
    if (!bodies.empty() && request.method == "GET") {
      report(here + "/method", "a GET request has no body");
    }
    if (!request.whole_response && !(request.accept_input.empty() && request.save_input.empty())) {
      report(here, "\"accept_input\" and \"save_input\" need \"whole_response\": true");
    }
    if (request.method == "MAIL" && (!action_.connection || !request.path.empty() || !request.url_input.empty() ||
                                     request.body.is_null() || request.whole_response)) {
      report(here + "/method", "a mail has a \"body\" and goes to its connection's server: nothing else fits it");
    }
    if (request.url_input.empty() && !action_.connection) {
      report(here, "the request goes nowhere: the plugin needs a \"connection\", or the request a \"url_input\"");
    }
  }

  std::vector<std::string> with_now() const {
    std::vector<std::string> names = inputs_;
    names.emplace_back("now");
    return names;
  }

  void check_resource(const Resource& resource) {
    const std::string here = here_ + "/resource";
    check_pattern(resource.collection, here + "/collection");
    if (!resource.id_input.empty()) check_input(resource.id_input, here + "/id_input");
    for (const auto& [field, input] : resource.fields) check_input(input, deeper(here + "/fields", field));
  }

  /// `name` is of this plugin, with the plugin's name in front.
  const Action* check_partner(const std::string& name, const std::string& key) {
    if (name.empty()) return nullptr;
    std::vector<std::string> names;
    for (const Action& other : manifest_.actions) {
      if (other.name == name) return &other;
      names.push_back(other.name.substr(manifest_.name.size() + 1));
    }
    const std::string own = name.substr(manifest_.name.size() + 1);
    report(here_ + "/" + key, "this plugin has no action \"" + own + "\"" + did_you_mean(own, names));
    return nullptr;
  }

  void check_probe(const Probe& probe) {
    const std::string here = here_ + "/probe";
    const Action* asked = check_partner(probe.action, probe.find ? "probe/action" : "probe");
    if (asked == nullptr) return;
    if (asked->effect != Effect::read) report(here, "a probe must be an action with the effect \"read\"");
    const std::vector<std::string> askable = asked->inputs().property_names();
    for (const auto& [name, source] : probe.with) {
      check_input(source, deeper(here + "/with", name));
      if (std::find(askable.begin(), askable.end(), name) == askable.end())
        report(deeper(here + "/with", name),
               probe.action + " has no input \"" + name + "\"" + did_you_mean(name, askable));
    }
    for (const std::string& name : asked->inputs().required()) {
      const bool given =
          std::any_of(probe.with.begin(), probe.with.end(), [&](const auto& one) { return one.first == name; });
      if (!given && !takes(name) && !action_.inputs().open())
        report(here, probe.action + " needs the input \"" + name + "\", which this action has not");
    }
    if (probe.find) return check_find(*probe.find, here + "/find");
    if (lists(*asked) || !is_of_one_thing(*asked)) {
      report(here,
             probe.action +
                 " also answers where this did not happen, so that its answer alone says nothing: write {\"action\": "
                 "\"" +
                 probe.action.substr(manifest_.name.size() + 1) +
                 "\", \"find\": \"...\"}, where find is a CEL expression over its \"output\" and this action's "
                 "\"input\" that gives the list of what this action can have made, each as this action's output");
    }
  }

  void check_find(const Expression& find, const std::string& here) {
    const std::vector<std::string> known = {"output", "input", "since"};
    for (const std::string& name : find.roots()) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      report(here, "find sees \"output\", the probe's, \"input\", this action's, and \"since\"; there is no \"" + name +
                       "\"" + did_you_mean(name, known));
    }
  }

  static bool lists(const Action& asked) {
    const std::vector<std::string> types = asked.outputs().types();
    return (asked.resource && !asked.resource->list_path.empty()) || types == std::vector<std::string>{"array"};
  }

  /// Whether what is asked is named by an input that both have, beside the location: only then can it be missing.
  bool is_of_one_thing(const Action& asked) const {
    std::vector<std::string> naming;
    if (asked.request)
      naming = places_in(asked.request->path);
    else
      naming = asked.inputs().property_names();
    if (asked.resource) naming.push_back(asked.resource->id_input);
    return std::any_of(naming.begin(), naming.end(),
                       [&](const std::string& name) { return name != "location_id" && takes(name); });
  }

  const Manifest& manifest_;
  const Manifest* beside_;
  const Action& action_;
  std::string here_;
  std::vector<std::string> inputs_;
  std::vector<ManifestProblem>& problems_;
};

void check_library(const Manifest& manifest, std::vector<ManifestProblem>& problems) {
  if (!manifest.library) return;
  const std::filesystem::path file = manifest.folder / (manifest.name + ".so");
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) return;
  problems.push_back({.pointer = "/library",
                      .message = "the library " + file.string() + " is missing: build it, or leave \"library\" out"});
}

}  // namespace

void check_names(const Expression& expression, const std::vector<std::string>& known, const std::string& pointer,
                 std::vector<ManifestProblem>& problems) {
  for (const std::string& name : expression.roots()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    problems.push_back(
        {.pointer = pointer,
         .message = "it sees " + join(known, ", ") + "; there is no \"" + name + "\"" + did_you_mean(name, known)});
  }
}

std::vector<std::string> places_in(std::string_view pattern) {
  std::vector<std::string> names;
  for (std::size_t at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at + 1)) {
    const std::size_t end = pattern.find('}', at);
    if (end == std::string_view::npos) break;
    names.emplace_back(pattern.substr(at + 1, end - at - 1));
  }
  return names;
}

std::vector<ManifestProblem> check_manifest(const Manifest& manifest, const Manifest* beside) {
  std::vector<ManifestProblem> problems;
  const std::string folder = manifest.folder.filename().string();
  if (manifest.name != folder) {
    problems.push_back({.pointer = "/name", .message = "the name must be the folder's, \"" + folder + "\""});
  }
  check_library(manifest, problems);
  if (manifest.connection && manifest.connection->refused_if)
    check_names(*manifest.connection->refused_if, {"answer", "input"}, "/connection/refused_if", problems);
  for (const Action& action : manifest.actions) ActionCheck(manifest, beside, action, problems).check();
  for (const Trigger& trigger : manifest.triggers) {
    if (trigger.kind == "library" && !manifest.library) {
      problems.push_back({.pointer = deeper("/triggers", trigger.name.substr(manifest.name.size() + 1)) + "/kind",
                          .message = "the plugin says no \"library\": true"});
    }
  }
  return problems;
}

}  // namespace millrace
