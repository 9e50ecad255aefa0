#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.hpp"
#include "lsp/completion.hpp"
#include "lsp/hover.hpp"
#include "schedule/preview.hpp"
#include "schedule/schedule.hpp"
#include "value/time.hpp"
#include "yaml/files.hpp"

namespace millrace::lsp {
namespace {

constexpr std::size_t most_at_once = 60;  // more are offered group by group

constexpr std::array<std::string_view, 11> sentences = {"every monday at 09:00",
                                                        "weekdays at 7:30",
                                                        "daily at 6:00",
                                                        "every 15 minutes",
                                                        "every 30 minutes between 9:00 and 17:00",
                                                        "every hour",
                                                        "on the 1st at 6:00",
                                                        "on the last day of the month at 18:00",
                                                        "first monday of the month at 8:00",
                                                        "every monday and friday at 09:00 and 17:30",
                                                        "every 2 weeks on monday at 9:00 from 2026-01-05"};
constexpr std::array<std::string_view, 7> crons = {
    "*/15 * * * *", "0 * * * *", "30 7 * * MON-FRI", "0 9 * * MON", "0 6 1 * *", "0 18 L * *", "@daily"};

std::string words_of_schedule(const std::variant<Schedule, ScheduleError>& read) {
  const auto* schedule = std::get_if<Schedule>(&read);
  return schedule != nullptr ? in_words(*schedule) : "";
}

void add_schedules(bool cron, Completions& found) {
  int rank = 0;
  const auto add = [&](std::string_view text, const std::string& words) {
    found.items.push_back({Completion::Kind::word, std::string(text), words, "", std::string(text), rank++});
  };
  if (cron) {
    for (const std::string_view text : crons) add(text, words_of_schedule(parse_cron(text)));
  } else {
    for (const std::string_view text : sentences) add(text, words_of_schedule(parse_schedule(text)));
  }
}

/// Names with dots in them: all that hold what is typed, or, where these are many, what they begin with.
void add_dotted(const std::vector<std::string>& names, const std::string& typed,
                const std::function<Completion(const std::string&)>& make, Completions& found) {
  std::vector<std::string> fitting;
  std::copy_if(names.begin(), names.end(), std::back_inserter(fitting),
               [&](const std::string& name) { return lower(name).find(lower(typed)) != std::string::npos; });
  if (fitting.size() <= most_at_once) {
    for (const std::string& name : fitting) found.items.push_back(make(name));
    return;
  }
  found.complete = false;
  std::map<std::string, std::size_t> groups;
  for (const std::string& name : fitting) {
    const std::size_t dot = name.starts_with(typed) ? name.find('.', typed.size()) : name.find('.');
    if (dot == std::string::npos) {
      found.items.push_back(make(name));
    } else {
      ++groups[name.substr(0, dot + 1)];
    }
  }
  for (const auto& [group, count] : groups) {
    found.items.push_back({Completion::Kind::group, group, counted(count, "name"), "", group, 1});
  }
}

void add_actions(const Asked& asked, bool reads_only, Completions& found) {
  std::vector<std::string> names;
  for (const std::string& name : asked.view.catalog->action_names()) {
    const Action* action = asked.view.catalog->find_action(name);
    if (action != nullptr && (!reads_only || action->effect == Effect::read)) names.push_back(name);
  }
  add_dotted(
      names, asked.standing.before(),
      [&](const std::string& name) {
        const Action& action = *asked.view.catalog->find_action(name);
        return Completion{Completion::Kind::action, name, std::string(name_of(action.effect)),
                          about_action(action),     name, 1};
      },
      found);
}

void add_triggers(const Asked& asked, Completions& found) {
  add_dotted(
      asked.view.catalog->trigger_names(), asked.standing.before(),
      [&](const std::string& name) {
        return Completion{
            Completion::Kind::action, name, "trigger", about_trigger(*asked.view.catalog->find_trigger(name)), name, 1};
      },
      found);
}

/// The plugin whose connection a step or trigger uses; empty where that is not known.
std::string plugin_of(const Node& owner, const Catalog& catalog) {
  for (const std::string_view key : {"action", "watch", "trigger"}) {
    const Node* node = owner.find(key);
    if (node == nullptr || !node->is_scalar()) continue;
    if (const Action* action = catalog.find_action(node->text)) return action->plugin;
    if (const Trigger* trigger = catalog.find_trigger(node->text)) return trigger->plugin;
  }
  return {};
}

void add_connections(const Asked& asked, const std::string& plugin, Completions& found) {
  if (!asked.view.project) return;
  for (const ConnectionSettings& connection : asked.view.project->connections) {
    if (!plugin.empty() && connection.plugin != plugin) continue;
    found.items.push_back(
        {Completion::Kind::connection, connection.name, connection.plugin, connection.base_url, connection.name, 0});
  }
}

void add_secrets(const Asked& asked, Completions& found) {
  for (const std::string& name : asked.view.secrets)
    found.items.push_back({Completion::Kind::secret, "secret:" + name, "secret", "", "secret:" + name, 0});
}

void add_workflows(const Asked& asked, Completions& found) {
  for (const WorkflowFile& file : asked.view.workflows) {
    const std::string id = workflow_id(file.shown_as);
    if (file.shown_as == asked.source.name) continue;
    found.items.push_back({Completion::Kind::workflow, id, file.shown_as, "", id, 0});
  }
}

void add_locations(const Asked& asked, Completions& found) {
  if (asked.kind == FileKind::workflow)
    found.items.push_back({Completion::Kind::word, "all", "those of the connection", "", "all", 0});
  if (!asked.view.project) return;
  for (const ConnectionSettings& connection : asked.view.project->connections) {
    for (const std::string& id : connection.locations) {
      const std::string name = asked.view.project->location_name(id);
      found.items.push_back({Completion::Kind::word, id, name == id ? connection.name : name, "", id, 1});
    }
  }
}

void add_zones(Completions& found) {
  for (const std::string& zone : zone_names()) {
    if (zone == "UTC" || (zone.find('/') != std::string::npos && !zone.starts_with("Etc/")))
      found.items.push_back({Completion::Kind::word, zone, "time zone", "", zone, zone == "UTC" ? 0 : 1});
  }
}

void add_plugins(const Asked& asked, Completions& found) {
  for (const auto& plugin : asked.view.catalog->plugins()) {
    if (plugin->connection)
      found.items.push_back({Completion::Kind::group, plugin->name, "plugin", plugin->summary, plugin->name, 0});
  }
}

/// Whether the place wants a secret by its name.
bool wants_secret(const Asked& asked) {
  if (asked.standing.before().starts_with("secret")) return true;
  const Forms all = choices_of(asked.forms);
  return std::any_of(all.begin(), all.end(), [](const Form& form) {
    return form.description().find("secret by its name") != std::string::npos ||
           form.description().find("secret of this machine") != std::string::npos || form.schema->find("x-secret");
  });
}

}  // namespace

void add_names(const Asked& asked, Completions& found) {
  const Place& place = asked.standing.place;
  const std::string key = place.key();
  if (asked.kind == FileKind::test) {
    if (key == "workflow") add_workflows(asked, found);
    if (key == "location") add_locations(asked, found);
    return add_words_of_test(asked, found);
  }
  const Node* owner = place.owner();
  const bool inputs =
      std::any_of(place.way.begin(), place.way.end(), [](const auto& step) { return step.key == "with"; });
  if (wants_secret(asked)) add_secrets(asked, found);
  if (inputs || owner == nullptr) return;
  if (key == "timezone") return add_zones(found);
  if (asked.kind == FileKind::project && key == "plugin") return add_plugins(asked, found);
  if (key == "connection" && owner->is_map())
    return add_connections(asked, plugin_of(*owner, *asked.view.catalog), found);
  if (key == "action") return add_actions(asked, false, found);
  if (asked.kind != FileKind::workflow) return;
  if (key == "watch") return add_actions(asked, true, found);
  if (key == "trigger") return add_triggers(asked, found);
  if (key == "schedule") return add_schedules(false, found);
  if (key == "cron") return add_schedules(true, found);
  if (key == "after" || key == "call") return add_workflows(asked, found);
  if (key == "locations") return add_locations(asked, found);
  if (key == "connections") return add_connections(asked, "", found);
}

}  // namespace millrace::lsp
