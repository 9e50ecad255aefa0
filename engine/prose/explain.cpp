#include "prose/explain.hpp"

#include <utility>

#include "prose/explain_parts.hpp"
#include "prose/expression_words.hpp"
#include "prose/phrases.hpp"
#include "prose/tell_value.hpp"

namespace millrace {

namespace {

Sentence mode_sentence(const Workflow& workflow) {
  const Phrases& say = phrases();
  const std::string_view words = workflow.mode == "live"     ? say.mode_live
                                 : workflow.mode == "paused" ? say.mode_paused
                                                             : say.mode_dry_run;
  return {"mode", "", std::string(words)};
}

Sentence concurrency_sentence(const Workflow& workflow) {
  const Phrases& say = phrases();
  Sentence told = {"concurrency"};
  const std::string way = workflow.concurrency.is_text() ? workflow.concurrency.text() : "queued";
  if (workflow.lane_key) {
    told.text = fill(say.queued_by, {{"what", words_of(workflow.lane_key->expression, {})}});
    told.meaning = meaning_of(workflow.lane_key->expression);
    told.at = workflow.lane_key->at;
  } else {
    told.text = way == "parallel" ? say.parallel_runs : way == "skip_if_running" ? say.skip_if_running : say.queued;
  }
  return told;
}

std::vector<Sentence> how_it_runs(const Workflow& workflow, const Project& project) {
  const Phrases& say = phrases();
  std::vector<Sentence> told = {mode_sentence(workflow)};
  if (workflow.locations) {
    std::vector<std::string> names;
    for (const std::string& id : *workflow.locations) {
      const std::string name = project.location_name(id);
      names.push_back(name == id ? id : name + " " + fill(say.in_brackets, {{"what", id}}));
    }
    const bool all = *workflow.locations == std::vector<std::string>{"all"};
    told.push_back({"locations", "",
                    all ? std::string(say.at_all_locations) : fill(say.at_locations, {{"names", all_of(names)}})});
    if (!workflow.locations_at.empty()) told.back().at = workflow.locations_at.front();
  }
  told.push_back(concurrency_sentence(workflow));
  if (workflow.alert_if_no_run_for)
    told.push_back({"alert_if_no_run_for", "", fill(say.alert, {{"time", words_of(*workflow.alert_if_no_run_for)}})});
  return told;
}

void add_heading(Sentence& whole, const std::string& part, std::string_view text, std::vector<Sentence> below) {
  if (below.empty()) return;
  Sentence heading = {part, "", std::string(text)};
  heading.below = std::move(below);
  whole.below.push_back(std::move(heading));
}

}  // namespace

Sentence explain(const Account& account, const Catalog& catalog, const Project& project) {
  const Phrases& say = phrases();
  const Workflow& workflow = *account.workflow;
  // Where no name is given it has that of its file, which is no part of the text.
  const bool named = workflow.name != workflow.id;
  Sentence whole = {"workflow", "", workflow.name, named ? "named " + workflow.name : "not named"};
  if (!workflow.description.empty()) whole.below.push_back({"description", "", workflow.description});
  const auto reach = reach_of(workflow, catalog, &project);
  add_heading(whole, "triggers", say.starts, tell_triggers(workflow, catalog, project));
  add_heading(whole, "runs", say.runs, how_it_runs(workflow, project));
  add_heading(whole, "vars", say.variables, tell_members("vars.", workflow.vars, SchemaView(), {}));
  add_heading(whole, "actions", say.does, tell_steps(workflow.steps, reach, catalog));
  add_heading(whole, "on_failure", say.on_failure, tell_steps(workflow.on_failure, reach, catalog));
  add_heading(whole, "always", say.always_does, tell_steps(workflow.always, reach, catalog));
  add_heading(whole, "touches", say.touches, tell_reach(account, project));
  add_heading(whole, "limits", say.limits, tell_limits(account));
  return whole;
}

}  // namespace millrace
