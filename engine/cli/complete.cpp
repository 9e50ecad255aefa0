#include "cli/complete.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <set>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/history.hpp"
#include "host/host.hpp"
#include "secret/vault.hpp"
#include "starter/templates.hpp"
#include "workflow/list.hpp"
#include "yaml/files.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

/// What is offered, each with a sentence or an empty one.
using Offers = std::map<std::string, std::string>;

constexpr int most_runs = 50;

/// The project as far as it can be read: findings are not for here.
std::optional<Project> project_of(const Session& session) { return load_project(session.folder).project; }

void offer_workflows(const Session& session, Offers& offers) {
  for (const WorkflowFile& file : list_workflow_files(session.folder)) offers[workflow_id(file.path.string())];
}

void offer_runs(const Session& session, Offers& offers) {
  const auto project = project_of(session);
  std::error_code failed;
  if (!project || !std::filesystem::exists(store_file(session.folder, *project), failed)) return;
  Loop loop;
  StoreOptions options;
  options.role = StoreOptions::Role::reader;
  const auto store = open_store(loop, store_file(session.folder, *project), options);
  if (!store) return;
  RunFilter newest;
  newest.limit = most_runs;
  const auto runs = wait_for(loop, (*store)->history().list_runs(newest));
  if (!runs) return;
  for (const RunHead& run : *runs) offers[render(run.key)] = run.workflow + ", " + std::string(name_of(run.outcome));
}

void offer_connections(const Session& session, Offers& offers) {
  const auto project = project_of(session);
  if (!project) return;
  for (const ConnectionSettings& one : project->connections) offers[one.name] = one.plugin + " at " + one.base_url;
}

void offer_locations(const Session& session, Offers& offers) {
  const auto project = project_of(session);
  if (!project) return;
  for (const ConnectionSettings& one : project->connections) {
    for (const std::string& location : one.locations) offers[location] = project->location_name(location);
  }
}

void offer_secrets(const Session& session, Offers& offers) {
  constexpr std::string_view handle = "secret:";
  if (const auto project = project_of(session)) {
    for (const ConnectionSettings& one : project->connections) {
      for (const std::string& secret : secrets_of(one)) offers[secret.substr(handle.size())] = "of " + one.name;
    }
  }
  Vault vault(session.folder);
  const auto entries = vault.list();
  if (!entries) return;
  for (const VaultEntry& entry : *entries) offers[entry.name];
}

void offer_catalogue(const Session& session, Offers& offers) {
  const Catalog catalog = look_at_catalog(session);
  for (const auto& plugin : catalog.plugins()) {
    for (const auto& action : plugin->actions) offers[action.name] = action.summary;
    for (const auto& trigger : plugin->triggers) offers[trigger.name] = trigger.summary;
  }
}

void offer_plugins(const Session& session, Offers& offers) {
  const Catalog catalog = look_at_catalog(session);
  for (const auto& plugin : catalog.plugins()) offers[plugin->name] = plugin->summary;
}

void offer_templates(const Session&, Offers& offers) {
  for (const WorkflowTemplate& one : workflow_templates()) offers[one.name] = one.summary;
}

void offer_outcomes(const Session&, Offers& offers) {
  for (auto number = static_cast<int>(RunOutcome::running); number <= static_cast<int>(RunOutcome::cancelled); ++number)
    offers[std::string(name_of(static_cast<RunOutcome>(number)))];
}

void offer_rules(const Session&, Offers& offers) {
  for (const RuleEntry& one : rules()) offers[std::string(one.name)] = one.sentence;
}

/// By what an option calls its value in --help.
void offer_values(const CLI::Option& option, const Session& session, Offers& offers) {
  static const std::map<std::string, std::function<void(const Session&, Offers&)>> by_type = {
      {"WORKFLOW", offer_workflows}, {"RUN", offer_runs},           {"CONNECTION", offer_connections},
      {"LOCATION", offer_locations}, {"SECRET", offer_secrets},     {"ACTION", offer_catalogue},
      {"PLUGIN", offer_plugins},     {"TEMPLATE", offer_templates}, {"RULE", offer_rules},
      {"OUTCOME", offer_outcomes},   {"PATH", offer_workflows}};
  static const std::set<std::string> files = {"FILE", "PATH", "PLAN", "PACKAGE", "KEY"};
  const std::string type = option.get_type_name();  // "FORMAT:{text,json}" where it takes one of these
  const std::size_t open = type.find('{'), close = type.find('}');
  if (open != std::string::npos && close != std::string::npos) {
    for (const std::string& word : split(type.substr(open + 1, close - open - 1), ',')) offers[word];
    return;
  }
  const std::string name = type.substr(0, type.find(':'));
  if (const auto known = by_type.find(name); known != by_type.end()) known->second(session, offers);
  if (files.contains(name)) offers[":files"];
  if (name == "DIR") offers[":folders"];
}

/// How far the words before the last one have led.
struct TypedSoFar {
  const CLI::App* verb = nullptr;
  const CLI::Option* value_of = nullptr;  ///< an option that waits for its value
  std::size_t positionals = 0;            ///< values without an option that were given
};

TypedSoFar follow(const CLI::App& app, Session& session, const std::vector<std::string>& words) {
  TypedSoFar reached = {&app};
  for (const std::string& word : words) {
    if (reached.value_of != nullptr) {
      if (reached.value_of->check_name("-C")) session.folder = word;
      reached.value_of = nullptr;
    } else if (word.size() > 1 && word[0] == '-') {
      const CLI::Option* option = reached.verb->get_option_no_throw(word);
      if (option != nullptr && option->get_items_expected_max() > 0) reached.value_of = option;
    } else if (const auto below =
                   reached.verb->get_subcommands([&](const CLI::App* one) { return one->get_name() == word; });
               !below.empty()) {
      reached.verb = below.front();
      reached.positionals = 0;
    } else {
      ++reached.positionals;
    }
  }
  return reached;
}

const CLI::Option* positional_at(const CLI::App& verb, std::size_t at) {
  const CLI::Option* last = nullptr;
  for (const CLI::Option* option : verb.get_options()) {
    if (!option->get_positional()) continue;
    last = option;
    if (at-- == 0) return option;
  }
  return last != nullptr && last->get_items_expected_max() > 1 ? last : nullptr;  // PATH...
}

void offer_options(const CLI::App& verb, Offers& offers) {
  for (const CLI::Option* option : verb.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) offers["--" + name] = option->get_description();
    for (const std::string& name : option->get_snames()) offers["-" + name] = option->get_description();
  }
}

void offer_verbs(const CLI::App& verb, Offers& offers) {
  for (const CLI::App* below : verb.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    offers[below->get_name()] = below->get_description();
}

}  // namespace

int complete(const CLI::App& app, const Session& session, const std::vector<std::string>& words) {
  const std::string typed = words.empty() ? "" : words.back();
  Session there = session;
  const std::vector<std::string> before(words.begin(), words.empty() ? words.end() : words.end() - 1);
  const TypedSoFar reached = follow(app, there, before);
  Offers offers;
  if (reached.value_of != nullptr) {
    offer_values(*reached.value_of, there, offers);
  } else if (typed.starts_with("-")) {
    offer_options(*reached.verb, offers);
  } else {
    if (reached.positionals == 0) offer_verbs(*reached.verb, offers);
    const CLI::Option* positional = positional_at(*reached.verb, reached.positionals);
    if (positional != nullptr && positional->get_type_name() == "VERB") offer_verbs(app, offers);
    if (positional != nullptr) offer_values(*positional, there, offers);
  }
  for (const auto& [word, sentence] : offers) {
    if (!word.starts_with(typed) && word[0] != ':') continue;
    std::printf("%s%s%s\n", printable(word).c_str(), sentence.empty() ? "" : "\t", printable(sentence).c_str());
  }
  return exit_done;
}

std::string said_of_missing_word(const CLI::App& app, const Session& session) {
  constexpr std::size_t most_named = 8;
  const CLI::App* verb = &app;
  std::string usage = "millrace";
  for (auto below = verb->get_subcommands(); !below.empty(); below = verb->get_subcommands()) {
    verb = below.front();
    usage += " " + verb->get_name();
  }
  const CLI::Option* missing = nullptr;
  for (const CLI::Option* option : verb->get_options()) {
    if (!option->get_positional() || !option->get_required()) continue;
    usage += " " + option->get_type_name();
    if (missing == nullptr && option->count() == 0) missing = option;
  }
  if (missing == nullptr) return "";
  Offers offers;
  offer_values(*missing, session, offers);
  std::erase_if(offers, [](const auto& offer) { return offer.first[0] == ':'; });
  std::string said = "it is written: " + usage + "\n";
  if (offers.empty()) return said;
  std::vector<std::string> named;
  for (const auto& [word, sentence] : offers) {
    if (named.size() < most_named) named.push_back(printable(word));
  }
  if (offers.size() > named.size()) named.push_back(std::to_string(offers.size() - named.size()) + " more");
  return said + missing->get_type_name() + " can be " + listed(named) + "\n";
}

}  // namespace millrace
