#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.hpp"
#include "schedule/calendar.hpp"
#include "service/library.hpp"
#include "trigger/rule_index.hpp"
#include "trigger/verification.hpp"

namespace millrace {

/// One trigger of one live workflow.
struct Listener {
  std::shared_ptr<const LiveWorkflow> live;
  std::size_t trigger = 0;  ///< its place in the workflow

  const TriggerSpec& spec() const { return live->workflow->triggers[trigger]; }
  const std::string& workflow() const { return live->workflow->id; }
  /// "weekly-report/0": names its checkpoint and its events.
  std::string name() const { return workflow() + "/" + std::to_string(trigger); }
};

/// What a trigger's condition may see: event, now and delivery.
Bindings condition_names(Value event, Timestamp now, Value delivery = {});
/// Whether a trigger's condition is true of them; an error, for people, where that cannot be decided.
Result<bool> holds(const PlacedExpression& condition, const Bindings& names, Allowance& left);

/// What tells the events of a trigger from those of others on its path: "shop.sold", "shop.returned {"shelf":"high"}".
std::string kind_of_events(const TriggerSpec& spec);

/// Those of a path that make the same event of each delivery; each has its own condition. Never empty.
struct HookReading {
  std::string kind;  ///< kind_of_events
  std::vector<Listener> listeners;
  RuleIndex index;

  const TriggerSpec& spec() const { return listeners.front().spec(); }
};

/// A path below /hooks/ with all that listen there. A delivery is proved, read and told apart once; each reading says
/// whether it is one of its own, and makes its event of it. Never empty.
struct HookSource {
  std::string path;
  Verifier verifier;
  std::vector<HookReading> readings;
  bool waits = false;         ///< respond: wait
  std::size_t under_way = 0;  ///< deliveries being answered

  void add(Listener listener);
  const TriggerSpec& spec() const { return readings.front().spec(); }  ///< in what all of them are alike
  bool answers_checks() const { return spec().settings.find("challenge") != nullptr; }
};

struct ScheduleSource {
  Listener listener;
  ScheduleTrigger schedule;
};

/// Who listens to what, for one state of the library. What it cannot serve is told and left out.
class Sources {
 public:
  Sources(const Library& library, const Project& project, const Catalog& catalog);

  /// The source of a path, as it was sent; with a secret path, its last segment left out. nullptr where nobody listens.
  std::shared_ptr<HookSource> find_hook(std::string_view path) const;
  const std::unordered_map<std::string, std::shared_ptr<HookSource>>& hooks() const noexcept { return hooks_; }
  const std::vector<ScheduleSource>& schedules() const noexcept { return schedules_; }
  const std::vector<Listener>& polls() const noexcept { return polls_; }        ///< watch and file triggers
  const std::vector<Listener>& emitters() const noexcept { return emitters_; }  ///< triggers of plugins' libraries
  /// Whether what a source has ("hook:survey", "watch:survey/0") is heard by such a trigger: one of the kind
  /// (kind_of_events), or the one of this name (Listener::name), where it has a condition.
  bool listens_to(const std::string& source, const std::string& trigger) const;
  /// Those that run after `workflow`.
  const std::vector<Listener>* after(const std::string& workflow) const noexcept;
  /// Workflow id -> why one of its triggers is not served.
  const std::map<std::string, std::string>& problems() const noexcept { return problems_; }

 private:
  void add(Listener listener, const Project& project, const Catalog& catalog);
  void add_hook(Listener listener);

  std::unordered_map<std::string, std::shared_ptr<HookSource>> hooks_;
  std::vector<ScheduleSource> schedules_;
  std::vector<Listener> polls_, emitters_;
  std::unordered_map<std::string, std::vector<Listener>> after_;
  std::map<std::string, std::string> problems_;
};

/// One line for people: "webhook /hooks/prune-tags", "schedule: every monday at 09:00".
std::string describe(const Listener& listener, const Catalog& catalog);
/// Whether it is a plugin's own trigger that its library serves, not a webhook.
bool is_emitter(const TriggerSpec& spec, const Catalog& catalog);

}  // namespace millrace
