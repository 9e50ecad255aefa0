#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"
#include "expr/type.hpp"
#include "workflow/list.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"
#include "workflow/scopes.hpp"
#include "yaml/rules.hpp"

namespace millrace {

/// Walks a workflow as a run would, knowing at each step which names there are and what their types are.
class Checker {
 public:
  Checker(const Workflow& workflow, const Catalog& catalog, const Project* project)
      : workflow_(workflow), catalog_(catalog), project_(project) {}

  std::vector<Finding> check();
  /// After `check`: what its last step gives to who calls it.
  const Type& given() const noexcept { return given_; }
  /// After `check`: the values whose shape nobody knows before the run, as hints.
  std::vector<Finding> take_unknowns() { return std::move(unknowns_); }
  /// From now on `visit` is shown each expression.
  void show(const ExpressionVisitor& visit) { visit_ = &visit; }

 private:
  /// What an expression's field wants of it.
  struct Wanted {
    enum class Kind : std::uint8_t { anything, condition, list, field } kind = Kind::anything;
    const ExpressionUse* use = nullptr;  // of a field
  };

  // checker.cpp: ids, names and the walk
  void collect_id(const Step& step);
  void collect_vars(std::vector<std::pair<std::string, Type>>& members) const;
  void begin_names();
  Type steps(const Steps& steps);
  Type step(const Step& step);
  std::vector<Type> blocks(const Step& step, const std::function<void(const Block&)>& before_each = {});
  void separate(const Steps& steps);
  void forget(std::size_t count, bool keep_as_any);
  Type result(const ActionStep& what, const Step& step);
  Type result(const IfBlock& what, const Step& step);
  Type result(const SwitchBlock& what, const Step& step);
  Type result(const ForEachBlock& what, const Step& step);
  Type result(const RepeatBlock& what, const Step& step);
  Type result(const ParallelBlock& what, const Step& step);
  Type result(const GroupBlock& what, const Step& step);
  Type result(const SetBlock& what, const Step& step);
  Type result(const StopBlock& what, const Step& step);
  Type result(const WaitBlock& what, const Step& step);
  Type result(const ApproveBlock& what, const Step& step);
  Type result(const CallBlock& what, const Step& step);

  // check_expressions.cpp
  Type expression(const PlacedExpression& placed, const TypedNames& names, Wanted wanted);
  TypedNames uses(const ExpressionUses& uses, const Template* inputs);
  Type given_at(const PlacedExpression& placed) const;
  Type input(const Template& fields, const std::string& name) const;
  Type given_by(const ActionStep& step, const TypedNames& closures) const;
  Type given_by(const std::string& workflow) const;
  Type given_by(const WorkflowFile& called) const;
  void never_taken(const PlacedExpression& when, const Type& value, const Type& subject);
  bool elsewhere(const PlacedExpression& placed, std::size_t offset, const std::string& name);
  void problem(const PlacedExpression& placed, const ExpressionError& problem, const Wanted& wanted);
  void fit(const PlacedExpression& placed, const TypeCheck& checked, const Wanted& wanted);
  void fit_condition(const PlacedExpression& placed, const TypeCheck& checked);

  // check_texts.cpp
  void forgotten_braces(const ExpressionUse& use);
  void doubts(const PlacedExpression& placed, const std::vector<ExpressionError>& found, Rule rule);
  void unknowns(const PlacedExpression& placed, const std::vector<ExpressionError>& found);
  bool in_pieces(const PlacedExpression& placed) const;

  // check_actions.cpp
  void action(const ActionStep& step);
  void unknown_action(const ActionStep& step);
  void unknown_name(Rule rule, const std::string& what, const std::string& name, const SourceMark& at,
                    const std::vector<std::string>& names, const std::string& elsewhere);
  void connection(const ActionStep& step, const Action& action);
  void library(const std::string& name, const std::string& plugin, const SourceMark& at);
  void writable(const ActionStep& step, const Action& action, const ConnectionSettings& connection);
  void note_location(const ActionStep& step, const ConnectionSettings& connection);
  void locations();
  void locations_of_no_step();

  // check_triggers.cpp
  void triggers();
  void trigger(const TriggerSpec& trigger);
  bool is_workflow(const std::string& name, const SourceMark& at, const std::string& wanted);
  void plugin_trigger(const TriggerSpec& trigger);
  void watch(const TriggerSpec& trigger);
  void zone(const TriggerSpec& trigger);
  void reached(const TriggerSpec& trigger);
  void verification(const TriggerSpec& trigger);
  void challenge(const TriggerSpec& trigger);
  void own_secret(const std::string& handle, const SourceMark& at);
  void trigger_connection(const TriggerSpec& trigger, const std::string& plugin);

  void report(Finding finding) { findings_.push_back(std::move(finding)); }

  const Workflow& workflow_;
  const Catalog& catalog_;
  const Project* project_;
  const ExpressionVisitor* visit_ = nullptr;
  std::vector<Finding> findings_;
  std::map<std::string, SourceMark> ids_;
  std::set<std::string> walked_;
  TypedNames names_;
  std::map<std::pair<int, int>, Type> given_at_;  ///< by line and column of expressions that give whole values
  Type given_;
  std::vector<Finding> unknowns_;
  int calls_above_ = 0;
  /// What called workflows give, by their names and how many calls are above them: each is read once for all who call.
  using GivenByCalls = std::map<std::pair<std::string, int>, Type>;
  std::shared_ptr<GivenByCalls> given_by_calls_ = std::make_shared<GivenByCalls>();

  /// A step whose action belongs to a location that it does not name itself.
  struct Located {
    SourceMark at;
    const ConnectionSettings* connection;
  };
  std::vector<Located> located_;
};

}  // namespace millrace
