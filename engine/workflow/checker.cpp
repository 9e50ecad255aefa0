#include "workflow/checker.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "workflow/alarm_actions.hpp"
#include "workflow/check_files.hpp"
#include "workflow/check_permissions.hpp"
#include "workflow/fields.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "workflow/value_types.hpp"

namespace millrace {
namespace {

constexpr std::array<std::string_view, 7> roots = {"event", "delivery", "vars", "run", "now", "today", "item"};
constexpr std::array<std::string_view, 21> cel_words = {
    "as",  "break", "const",     "continue", "else",    "false",  "for",  "function", "if",   "import", "in",
    "let", "loop",  "namespace", "null",     "package", "return", "true", "var",      "void", "while"};

bool among(std::string_view word, const auto& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool word_character(char c) { return letter(c) || (c >= '0' && c <= '9'); }

std::string as_id(std::string_view text) {
  std::string id;
  for (const char c : text) id += word_character(c) ? c : '_';
  return id.empty() || letter(id[0]) ? id : "step_" + id;
}

/// What is wrong with a name that expressions shall use, or nothing.
std::optional<Finding> unfit_name(const std::string& name, const SourceMark& at, std::string_view what,
                                  bool item_allowed) {
  const bool reserved_root = among(name, roots) && !(item_allowed && name == "item");
  if (reserved_root || among(name, cel_words)) {
    return finding(Rule::reserved_id, at,
                   "\"" + name + "\" cannot be " + std::string(what) + ": expressions need this word for themselves",
                   name + "_1");
  }
  const bool good = !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), word_character);
  if (good) return std::nullopt;
  return finding(Rule::bad_id, at, std::string(what) + " is made of letters, digits and _, and begins with a letter",
                 as_id(name));
}

Type null_type() { return Type::of(Kind::null); }
Type failed_result() { return Type::map_of({{"error", failure_type()}}); }

/// What expressions see under the step's id, which is nothing where it is left out, and its failure where the run goes
/// on after one.
Type seen_later(const Step& step, const Type& made) {
  std::vector<Type> choices = {made};
  if (step.condition) choices.push_back(null_type());
  if (step.on_error != OnError::stop) choices.push_back(failed_result());
  return Type::any_of(std::move(choices));
}

bool may_be_left_out(const Step& step) { return step.condition || step.on_error != OnError::stop; }

}  // namespace

std::vector<Finding> check_workflow(const Workflow& workflow, const Catalog& catalog, const Project* project) {
  std::vector<Finding> findings = Checker(workflow, catalog, project).check();
  for (Finding& about : check_files(workflow, catalog, project)) findings.push_back(std::move(about));
  for (Finding& about : check_permissions(workflow, catalog, project)) findings.push_back(std::move(about));
  return findings;
}

std::vector<Finding> unknown_shapes(const Workflow& workflow, const Catalog& catalog, const Project* project) {
  Checker checker(workflow, catalog, project);
  checker.check();
  return checker.take_unknowns();
}

void each_expression_in_scope(const Workflow& workflow, const Catalog& catalog, const Project* project,
                              const ExpressionVisitor& visit) {
  Checker checker(workflow, catalog, project);
  checker.show(visit);
  checker.check();
}

std::vector<Finding> Checker::check() {
  each_step(workflow_, [this](const Step& step) {
    if (!step.id.empty()) collect_id(step);
  });
  triggers();
  begin_names();
  uses(workflow_.concurrency_uses, nullptr);
  given_ = steps(workflow_.steps);
  if (workflow_.safety.stop_if_empty) expression(*workflow_.safety.stop_if_empty, names_, {Wanted::Kind::list});
  forget(0, true);  // a run may fail before any of them
  for (auto& [name, type] : names_) {
    if (name == "run") type = run_type(true);
  }
  separate(workflow_.on_failure);
  separate(workflow_.always);
  locations();
  return std::move(findings_);
}

void Checker::collect_id(const Step& step) {
  if (auto unfit = unfit_name(step.id, step.id_at, "an id", false)) report(std::move(*unfit));
  const auto [first, added] = ids_.emplace(step.id, step.id_at);
  if (!added) {
    report(finding(
        Rule::duplicate_id, step.id_at,
        "the id \"" + step.id + "\" stands for the step in line " + std::to_string(first->second.line) + " already"));
  }
}

/// `set` without an id writes vars, so its names are members of vars, too.
void Checker::collect_vars(std::vector<std::pair<std::string, Type>>& members) const {
  const auto add = [&](const std::string& name, Type type) {
    const auto known =
        std::find_if(members.begin(), members.end(), [&](const auto& member) { return member.first == name; });
    if (known == members.end()) return void(members.emplace_back(name, std::move(type)));
    known->second = Type::any_of({known->second, std::move(type)});
  };
  each_step(workflow_, [&](const Step& step) {
    const auto* block = std::get_if<SetBlock>(&step.what);
    if (block == nullptr || !step.id.empty()) return;
    for (const std::string& name : block->names) add(name, input(block->values, name));
  });
}

void Checker::begin_names() {
  names_.emplace_back("event", event_type(workflow_, catalog_));
  names_.emplace_back("delivery", delivery_type());
  names_.emplace_back("run", run_type(false));
  names_.emplace_back("now", Type::of(Kind::timestamp));
  names_.emplace_back("today", today_type());
  uses(workflow_.vars_uses, nullptr);
  std::vector<std::pair<std::string, Type>> members;
  for (const std::string& name : workflow_.vars_names) members.emplace_back(name, input(workflow_.vars, name));
  collect_vars(members);
  names_.emplace_back("vars", Type::map_of(std::move(members)));
}

/// Gives what the last of them gives that succeeds.
Type Checker::steps(const Steps& steps) {
  Type given = null_type();
  for (const Step& one : steps) {
    Type made = step(one);
    given = may_be_left_out(one) ? Type::any_of({std::move(given), std::move(made)}) : std::move(made);
  }
  return given;
}

Type Checker::step(const Step& step) {
  if (step.condition) expression(*step.condition, names_, {Wanted::Kind::condition});
  Type made = std::visit([&](const auto& what) { return result(what, step); }, step.what);
  if (!step.error_steps.empty()) {
    const std::size_t before = names_.size();
    if (!step.id.empty()) names_.emplace_back(step.id, failed_result());
    steps(step.error_steps);
    if (!step.id.empty()) names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(before));
    forget(before, true);
  }
  if (step.id.empty()) return made;
  walked_.insert(step.id);
  names_.emplace_back(step.id, seen_later(step, made));
  return made;
}

/// What runs inside the step. No block sees what another one names; who comes after the step sees all of it.
std::vector<Type> Checker::blocks(const Step& step, const std::function<void(const Block&)>& before_each) {
  const std::size_t before = names_.size();
  TypedNames made;
  std::vector<Type> given;
  each_block(step, [&](const Block& block) {
    if (block.runs == Block::Runs::on_error) return;
    if (before_each) before_each(block);
    given.push_back(steps(block.steps));
    made.insert(made.end(), names_.begin() + static_cast<std::ptrdiff_t>(before), names_.end());
    names_.resize(before);
  });
  names_.insert(names_.end(), made.begin(), made.end());
  return given;
}

/// Steps whose names nobody behind them sees.
void Checker::separate(const Steps& steps_there) {
  const std::size_t before = names_.size();
  steps(steps_there);
  names_.resize(before);
}

/// What was named since there were `count` names may be left out or have failed; or is out of reach.
void Checker::forget(std::size_t count, bool keep) {
  if (!keep) return names_.resize(count);
  for (std::size_t at = count; at < names_.size(); ++at) {
    if (ids_.count(names_[at].first) == 0) continue;
    names_[at].second = Type::any_of({names_[at].second, null_type(), failed_result()});
  }
}

Type Checker::result(const ActionStep& what, const Step&) {
  action(what);
  return given_by(what, uses(what.uses, &what.with));
}

Type Checker::result(const IfBlock& what, const Step& step) {
  expression(what.condition, names_, {Wanted::Kind::condition});
  const std::size_t before = names_.size();
  std::vector<Type> given = blocks(step);
  forget(before, true);
  return Type::any_of(std::move(given));
}

Type Checker::result(const SwitchBlock& what, const Step& step) {
  const Type subject = expression(what.subject, names_, {});
  uses(what.uses, nullptr);
  const std::size_t before = names_.size();
  std::map<std::string, int> taken;
  std::vector<Type> given = blocks(step, [&](const Block& block) {
    if (block.number == what.cases.size()) return;  // the default
    const PlacedExpression& when = what.cases[block.number].when;
    const Type value = expression(when, names_, {Wanted::Kind::anything});
    if (!FieldReader::readable(when)) return;
    if (what.cases[block.number].comparison.empty()) never_taken(when, value, subject);
    const auto [first, added] = taken.emplace(when.expression.text(), when.at.line);
    if (!added)
      report(finding(Rule::unreachable_case, when.at,
                     "the case in line " + std::to_string(first->second) + " takes this already"));
  });
  forget(before, true);
  return Type::any_of(std::move(given));
}

Type Checker::result(const ForEachBlock& what, const Step&) {
  if (auto unfit = unfit_name(what.as, what.as_at, "the name of an item", true)) report(std::move(*unfit));
  const auto taken = ids_.find(what.as);
  if (taken != ids_.end()) {
    report(finding(Rule::duplicate_id, what.as_at,
                   "\"" + what.as + "\" is the id of the step in line " + std::to_string(taken->second.line)));
  }
  const Type items = expression(what.items, names_, {Wanted::Kind::list});
  uses(what.uses, nullptr);
  const Type element = items.element();
  const std::size_t before = names_.size();
  TypedNames outside = names_;  // an inner loop hides the outer one's item
  std::erase_if(names_, [&](const auto& name) { return name.first == what.as; });
  names_.emplace_back(what.as, element);
  const Type given = steps(what.body);
  names_ = std::move(outside);
  forget(before, false);
  const Type outcome = Type::map_of({{"item", element},
                                     {"outcome", Type::one_of({"succeeded", "failed", "skipped", "unsure"})},
                                     {"output", Type::any_of({given, null_type()})},
                                     {"error", Type::any_of({failure_type(), null_type()})}});
  return Type::map_of({{"results", Type::list_of(outcome)}});
}

Type Checker::result(const RepeatBlock& what, const Step& step) {
  blocks(step);
  expression(what.until, names_, {Wanted::Kind::condition});
  return Type::map_of({{"count", Type::of(Kind::integer)}});
}

Type Checker::result(const ParallelBlock&, const Step& step) {
  blocks(step);
  return null_type();
}

Type Checker::result(const GroupBlock&, const Step& step) {
  const std::size_t before = names_.size();
  std::vector<Type> given = blocks(step);
  if (may_be_left_out(step)) forget(before, true);
  return Type::any_of(std::move(given));
}

Type Checker::result(const SetBlock& what, const Step&) {
  uses(what.uses, nullptr);
  std::vector<std::pair<std::string, Type>> members;
  for (const std::string& name : what.names) members.emplace_back(name, input(what.values, name));
  return Type::map_of(std::move(members));
}

Type Checker::result(const StopBlock& what, const Step&) {
  uses(what.uses, nullptr);
  return Type::map_of(
      {{"outcome", Type::one_of({"completed", "failed", "skipped"})}, {"message", Type::of(Kind::text)}});
}

Type Checker::result(const WaitBlock& what, const Step&) {
  if (what.until) {
    const Type given = expression(*what.until, names_, {Wanted::Kind::anything});
    if ((given.kinds() & kind_set(Kind::timestamp)) == 0)
      report(finding(Rule::wrong_type, workflow_.place(*what.until, 0, what.until->expression.text().size()),
                     "expected a time, and this is " + given.render() + ": timestamp(...) makes one of text"));
  }
  return Type::map_of({{"until", Type::of(Kind::timestamp)}});
}

Type Checker::result(const ApproveBlock& what, const Step&) {
  uses(what.uses, nullptr);
  const std::size_t before = names_.size();
  names_.emplace_back("approval", approval_type());
  separate(what.notify);
  names_.resize(before);
  return Type::map_of(
      {{"approved", Type::of(Kind::boolean)}, {"by", Type::of(Kind::text)}, {"comment", Type::of(Kind::text)}});
}

/// Whether the project has the workflow; where it has not, that is reported. What it is wanted for follows the name.
bool Checker::is_workflow(const std::string& name, const SourceMark& at, const std::string& wanted) {
  if (name.empty()) return true;  // refused by the shape of its key already
  if (!project_ || find_workflow_file(project_->root, name)) return true;
  std::vector<std::string> others;
  for (const WorkflowFile& file : list_workflow_files(project_->root)) others.push_back(file.path.stem().string());
  report(finding(Rule::unknown_workflow, at,
                 "there is no workflow \"" + name + "\" " + wanted + did_you_mean(name, others),
                 nearest(name, others).value_or("")));
  return false;
}

Type Checker::result(const CallBlock& what, const Step&) {
  uses(what.uses, nullptr);
  if (what.workflow == workflow_.id) {
    report(finding(Rule::unknown_workflow, what.workflow_at,
                   "a workflow cannot call itself: the call would wait for a run that waits for it"));
  } else if (!is_workflow(what.workflow, what.workflow_at, "to call")) {
    return {};
  } else {
    return Type::any_of({given_by(what.workflow), null_type()});
  }
  return {};
}

}  // namespace millrace
