#include "workflow/starts.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/text.hpp"
#include "base/url.hpp"
#include "workflow/connections.hpp"
#include "workflow/file_pattern.hpp"
#include "workflow/hook_path.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "workflow/said.hpp"
#include "workflow/watched.hpp"
#include "yaml/rules.hpp"

namespace millrace {
namespace {

/// One way in which a run of one workflow starts a run of another.
struct Start {
  std::string from, to;  // ids
  std::string how;       // "a calls b"
  bool certain;          // nothing that a run finds out can keep it from happening
  SourceMark at;
};

using Visit = std::function<void(const Step&, bool certain)>;

/// Visits each step with whether every run comes to it.
class Walk {
 public:
  explicit Walk(Visit visit) : visit_(std::move(visit)) {}

  void over(const Workflow& workflow) {
    steps(workflow.steps, true);
    steps(workflow.on_failure, false);
    open_ = true;
    steps(workflow.always, true);
  }

 private:
  void steps(const Steps& steps, bool certain) {
    for (const Step& one : steps) step(one, certain);
  }

  void step(const Step& step, bool certain) {
    certain = certain && open_ && !step.condition;
    visit_(step, certain);
    each_block(step, [&](const Block& block) {
      const bool always = block.runs == Block::Runs::always || block.runs == Block::Runs::each_turn;
      steps(block.steps, certain && always);
    });
    // Behind these a run may have ended.
    const bool ends = std::holds_alternative<StopBlock>(step.what) || std::holds_alternative<ApproveBlock>(step.what);
    open_ = open_ && !ends;
  }

  Visit visit_;
  bool open_ = true;
};

bool skips_if_running(const Workflow& workflow) {
  return workflow.concurrency.is_text() && workflow.concurrency.text() == "skip_if_running";
}

class Graph {
 public:
  Graph(const std::vector<const Workflow*>& workflows, const Catalog& catalog, const Project* project)
      : catalog_(catalog), project_(project) {
    for (const Workflow* workflow : workflows) {
      known_[workflow->id] = workflow;
      for (const TriggerSpec& trigger : workflow->triggers) note(*workflow, trigger);
    }
    for (const Workflow* workflow : workflows) {
      Walk([&](const Step& step, bool certain) { add_step(*workflow, step, certain); }).over(*workflow);
      for (const TriggerSpec& trigger : workflow->triggers) add_after(*workflow, trigger);
    }
    peel();
  }

  std::vector<Finding> circles() const {
    std::vector<Finding> findings;
    for (const Start& start : starts_) {
      const bool certain = start.certain && way_back(start, true);
      const auto way = way_back(start, certain);
      if (!way) continue;
      std::string circle = start.how;
      for (const Start* next : *way) circle += ", " + next->how;
      Finding found =
          finding(Rule::starts_itself, start.at,
                  certain ? "this goes round for ever: " + circle
                          : "this may go round in a circle: " + circle +
                                "; the engine ends it after a number of runs (limits: chain in millrace.yaml)");
      if (!certain) found.severity = Severity::warning;
      findings.push_back(std::move(found));
    }
    return findings;
  }

 private:
  struct FileWatcher {
    const Workflow* workflow;
    bool conditional;
    FilePattern pattern;
  };
  struct Hook {
    const Workflow* workflow;
    bool conditional;
    bool secret;  ///< behind its name comes a segment that nobody knows here
  };

  void note(const Workflow& workflow, const TriggerSpec& trigger) {
    const bool conditional = trigger.condition.has_value();
    if (trigger.kind == "file") {
      auto pattern = FilePattern::parse(trigger.name);
      if (pattern) files_.push_back({&workflow, conditional, std::move(*pattern)});
    } else if (trigger.kind == "watch") {
      watches_.push_back({workflow, trigger});
    } else if (trigger.kind == "webhook" || trigger.kind == "plugin") {
      const Value* verify = trigger.settings.find("verify");
      const bool secret = verify != nullptr && verify->find("secret_path") != nullptr;
      hooks_.emplace(hook_path(workflow, trigger), Hook{&workflow, conditional, secret});
    }
  }

  void add_after(const Workflow& workflow, const TriggerSpec& trigger) {
    if (trigger.kind != "after" || !known_.contains(trigger.name)) return;
    const bool certain = !trigger.condition && trigger.settings.text_or("outcome") != "failed";
    starts_.push_back({trigger.name, workflow.id, workflow.id + " runs after " + trigger.name, certain, trigger.at});
  }

  void add_step(const Workflow& workflow, const Step& step, bool certain) {
    if (const auto* call = std::get_if<CallBlock>(&step.what)) {
      const auto called = known_.find(call->workflow);
      if (called == known_.end() || call->workflow == workflow.id) return;  // check_workflow refuses these
      starts_.push_back({workflow.id, call->workflow, workflow.id + " calls " + call->workflow,
                         certain && !skips_if_running(*called->second), call->workflow_at});
    }
    const auto* action = std::get_if<ActionStep>(&step.what);
    const Action* known = action ? catalog_.find_action(action->action) : nullptr;
    if (!known) return;
    add_file(workflow, *action, *known, certain);
    add_change(workflow, *action);
    add_delivery(workflow, *action, *known, certain);
  }

  void add_file(const Workflow& workflow, const ActionStep& step, const Action& action, bool certain) {
    const std::string input = written_file_input(action);
    if (input.empty() || files_.empty()) return;
    const SaidText said = said_text(step.with, input);
    if (!said.given) return;  // it writes none
    const std::string path = std::string(output_folder) + "/" + said.text;
    for (const FileWatcher& watcher : files_) {
      if (said.whole ? !watcher.pattern.matches(path) : !watcher.pattern.may_match(path)) continue;
      starts_.push_back({workflow.id, watcher.workflow->id,
                         workflow.id + " writes " + (said.whole ? path : "files " + path + "...") + ", which " +
                             watcher.workflow->id + " watches",
                         certain && said.whole && !watcher.conditional, step.action_at});
    }
  }

  /// Never certain: what is so already is no difference to who watches.
  void add_change(const Workflow& workflow, const ActionStep& step) {
    for (const Watch& watch : watches_) {
      if (!may_see(watch, workflow, step, catalog_, project_)) continue;
      const std::string& to = watch.workflow.id;
      starts_.push_back({workflow.id, to,
                         workflow.id + " does " + step.action + ", and " + to + " watches " + watch.trigger.name, false,
                         step.action_at});
    }
  }

  /// A POST to the service itself; `with` may name the address, or a path below the connection's.
  void add_delivery(const Workflow& workflow, const ActionStep& step, const Action& action, bool certain) {
    if (!writes(action.effect) || hooks_.empty() || !project_) return;
    const bool chooses = action.inputs().property("method").known();
    if (chooses && !said_text(step.with, "method").may_be("POST")) return;
    for (const std::string& input : action.inputs().property_names()) {
      const bool address =
          action.inputs().property(input).format() == "uri" || (action.request && action.request->url_input == input);
      SaidText said = address ? said_text(step.with, input) : SaidText{};
      // Without an address it goes to the connection's.
      if (!said.given && action.request && action.request->url_input == input) said = {true, true, ""};
      if (said.given) add_hooks(workflow, step, action, said, certain);
    }
  }

  void add_hooks(const Workflow& workflow, const ActionStep& step, const Action& action, const SaidText& said,
                 bool certain) {
    const auto found = connection_of(action, step.connection, *project_, catalog_);
    const ConnectionSettings* connection = found ? *found : nullptr;
    const bool below = said.text.starts_with('/') || (said.whole && said.text.empty());
    const auto url = parse_url(below && connection ? connection->base_url + said.text : said.text);
    const auto path = url ? own_hook(*url, *project_) : std::nullopt;
    if (!path) return;
    for (const auto& [name, hook] : hooks_) {
      const bool behind = hook.secret && path->starts_with(name + "/");
      const bool meant = said.whole ? name == *path && !hook.secret : name.starts_with(*path);
      if (!meant && !behind) continue;
      const std::string& to = hook.workflow->id;
      starts_.push_back({workflow.id, to,
                         workflow.id + " sends to " + std::string(hooks_prefix) + name + ", where " + to + " listens",
                         certain && said.whole && !hook.secret && !hook.conditional, step.action_at});
    }
  }

  /// Takes out what cannot be part of a circle, because nothing starts it or it starts nothing.
  void peel() {
    for (std::size_t before = 0; before != starts_.size();) {
      before = starts_.size();
      std::set<std::string> from, to;
      for (const Start& start : starts_) {
        from.insert(start.from);
        to.insert(start.to);
      }
      std::erase_if(starts_, [&](const Start& start) { return !to.contains(start.from) || !from.contains(start.to); });
    }
    for (const Start& start : starts_) behind_[start.from].push_back(&start);
  }

  /// The shortest way by which what `start` starts leads back to where it comes from.
  std::optional<std::vector<const Start*>> way_back(const Start& start, bool certain_only) const {
    std::map<std::string, const Start*> reached_by;
    std::deque<std::string> open = {start.to};
    std::set<std::string> seen = {start.to};
    while (!open.empty() && open.front() != start.from) {
      const auto behind = behind_.find(open.front());
      open.pop_front();
      if (behind == behind_.end()) continue;
      for (const Start* next : behind->second) {
        if ((certain_only && !next->certain) || !seen.insert(next->to).second) continue;
        reached_by[next->to] = next;
        open.push_back(next->to);
      }
    }
    if (open.empty()) return std::nullopt;
    std::vector<const Start*> way;
    for (std::string at = start.from; at != start.to; at = way.back()->from) way.push_back(reached_by.at(at));
    std::reverse(way.begin(), way.end());
    return way;
  }

  const Catalog& catalog_;
  const Project* project_;
  std::map<std::string, const Workflow*> known_;
  std::vector<FileWatcher> files_;
  std::vector<Watch> watches_;
  std::multimap<std::string, Hook> hooks_;
  std::vector<Start> starts_;
  std::map<std::string, std::vector<const Start*>> behind_;
};

}  // namespace

std::vector<Finding> check_circles(const std::vector<const Workflow*>& workflows, const Catalog& catalog,
                                   const Project* project) {
  return Graph(workflows, catalog, project).circles();
}

std::vector<Finding> check_circles(const std::vector<const Workflow*>& asked,
                                   const std::vector<const Workflow*>& others, const Catalog& catalog,
                                   const Project* project) {
  std::vector<const Workflow*> all = asked;
  std::set<std::string> ids;
  std::set<const SourceText*> texts;
  for (const Workflow* workflow : asked) {
    ids.insert(workflow->id);
    texts.insert(workflow->source.get());
  }
  std::copy_if(others.begin(), others.end(), std::back_inserter(all),
               [&ids](const Workflow* other) { return !ids.contains(other->id); });
  std::vector<Finding> circles = check_circles(all, catalog, project);
  std::erase_if(circles, [&texts](const Finding& circle) { return !texts.contains(circle.at.source.get()); });
  return circles;
}

std::vector<Finding> check_shared_paths(const std::vector<const Workflow*>& asked,
                                        const std::vector<const Workflow*>& others, const Catalog& catalog) {
  struct First {
    const Workflow* workflow;
    const TriggerSpec* trigger;
  };
  std::map<std::string, const Workflow*> all;
  for (const Workflow* other : others) all[other->id] = other;
  for (const Workflow* workflow : asked) all[workflow->id] = workflow;
  const auto is_asked = [&](const Workflow* one) { return std::find(asked.begin(), asked.end(), one) != asked.end(); };
  std::map<std::string, First> first_on;
  std::vector<Finding> findings;
  for (const auto& [id, workflow] : all) {
    for (const TriggerSpec& trigger : workflow->triggers) {
      if (!is_hook(trigger, catalog)) continue;
      const std::string path = hook_path(*workflow, trigger);
      const First& first = first_on.try_emplace(path, First{workflow, &trigger}).first->second;
      if (take_alike(*first.trigger, trigger) || !(is_asked(workflow) || is_asked(first.workflow))) continue;
      const bool here = is_asked(workflow);
      findings.push_back(finding(Rule::wrong_value, here ? trigger.at : first.trigger->at,
                                 std::string(hooks_prefix) + path + " is read in another way by the workflow \"" +
                                     (here ? first.workflow : workflow)->id + "\": " + taken_alike));
    }
  }
  return findings;
}

std::vector<std::shared_ptr<const Workflow>> with_called(std::shared_ptr<const Workflow> workflow,
                                                         const Catalog& catalog, const Project& project) {
  std::vector<std::shared_ptr<const Workflow>> found = {std::move(workflow)};
  std::set<std::string> seen = {found.front()->id};
  for (std::size_t at = 0; at < found.size(); ++at) {
    const auto caller = found[at];
    Walk([&](const Step& step, bool) {
      const auto* call = std::get_if<CallBlock>(&step.what);
      if (!call || !seen.insert(call->workflow).second) return;
      const auto file = find_workflow_file(project.root, call->workflow);
      if (!file) return;
      LoadedWorkflow loaded = load_workflow_file(file->path, file->shown_as, catalog);
      if (loaded.workflow) found.push_back(std::make_shared<const Workflow>(std::move(*loaded.workflow)));
    }).over(*caller);
  }
  return found;
}

}  // namespace millrace
