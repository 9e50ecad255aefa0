#include "workflow/check_files.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

#include "workflow/connections.hpp"
#include "workflow/said.hpp"

namespace millrace {

namespace {

/// What surrounds a step, as far as it decides how often its file is written.
struct Around {
  bool in_loop = false;
  bool chosen = false;             ///< a condition inside of the loop picks rounds
  bool by_location = false;        ///< a condition picks locations
  std::set<std::string> of_round;  ///< names that differ from round to round of the innermost loop
};

class FileCheck {
 public:
  FileCheck(const Workflow& workflow, const Catalog& catalog, const Project* project)
      : workflow_(workflow), catalog_(catalog), several_(several_locations(project)) {}

  std::vector<Finding> check() {
    each_step(workflow_.steps, [this](const Step& step) {
      sets_variables_ = sets_variables_ || (std::holds_alternative<SetBlock>(step.what) && step.id.empty());
    });
    for (const Steps* all : {&workflow_.steps, &workflow_.on_failure, &workflow_.always}) {
      written_.clear();
      walk(*all, {});
    }
    return std::move(findings_);
  }

 private:
  bool several_locations(const Project* project) const {
    if (!workflow_.locations) return false;
    if (project == nullptr) return workflow_.locations->size() > 1;
    const auto all = locations_of(workflow_, *project, catalog_, Value(Map()));
    return all && all->size() > 1;
  }

  static void note_condition(const PlacedExpression& condition, Around& around) {
    around.chosen = around.in_loop;
    for (const std::string& path : condition.expression.paths())
      around.by_location = around.by_location || path == "run" || path.starts_with("run.location");
  }

  void walk(const Steps& steps, const Around& around) {
    for (const Step& step : steps) {
      Around here = around;
      if (step.condition) note_condition(*step.condition, here);
      if (const auto* what = std::get_if<ActionStep>(&step.what)) look_at(*what, here, step.condition.has_value());
      if (const auto* what = std::get_if<IfBlock>(&step.what)) note_condition(what->condition, here);
      if (const auto* what = std::get_if<SwitchBlock>(&step.what)) note_condition(what->subject, here);
      const auto* loop = std::get_if<ForEachBlock>(&step.what);
      each_block(step, [&](const Block& block) {
        // What one branch writes is no second writing of what another one writes.
        const auto before = written_;
        walk(block.steps, block.is_loop() ? of_loop(block.steps, loop != nullptr ? loop->as : "", here) : here);
        if (block.runs == Block::Runs::chosen || block.runs == Block::Runs::on_error) written_ = before;
      });
    }
  }

  static Around of_loop(const Steps& body, const std::string& as, Around around) {
    around.in_loop = true;
    around.chosen = false;
    around.of_round = {as};
    each_step(body, [&](const Step& step) { around.of_round.insert(step.id); });
    return around;
  }

  /// Whether a name made of these is the same for all locations of an event.
  bool fixed(const std::set<std::string>& paths) const {
    static const std::set<std::string> known = {"event", "delivery", "today", "now"};
    for (const std::string& path : paths) {
      const std::string root = path.substr(0, path.find_first_of(".["));
      if (!known.contains(root) && (root != "vars" || sets_variables_)) return false;
    }
    return true;
  }

  /// The file that a step writes, where it does not ask to replace what is there.
  struct Written {
    std::set<std::string> paths;      ///< of the expressions in its name
    std::optional<std::string> name;  ///< where there are none
  };

  std::optional<Written> written_by(const ActionStep& step) const {
    const Action* action = catalog_.find_action(step.action);
    if (action == nullptr) return std::nullopt;
    const std::string input = written_file_input(*action);
    if (input.empty()) return std::nullopt;
    // Inputs without any expression are one constant.
    const Value* whole = step.with.constant_value();
    const Template* name = step.with.member(input);
    const Value* text = whole != nullptr ? whole->find(input) : name != nullptr ? name->constant_value() : nullptr;
    const bool asked =
        whole != nullptr ? whole->find("overwrite") != nullptr : step.with.member("overwrite") != nullptr;
    if (asked || (name == nullptr && text == nullptr)) return std::nullopt;
    Written written;
    if (text != nullptr && text->is_text()) written.name = text->text();
    const auto note = [&](const PlacedExpression& each, const std::string&) {
      for (const std::string& path : each.expression.paths()) written.paths.insert(path);
    };
    if (name != nullptr) name->each_expression(note);
    return written;
  }

  void look_at(const ActionStep& step, const Around& around, bool conditional) {
    const auto written = written_by(step);
    if (!written) return;
    if (several_ && !around.by_location && fixed(written->paths)) {
      report(step,
             "each location writes this file, and only one of them could stay: put ${{ run.location }} into its name");
      return;
    }
    bool of_round = false;
    for (const std::string& path : written->paths) {
      const std::string root = path.substr(0, path.find_first_of(".["));
      of_round = of_round || around.of_round.contains(root) || (root == "vars" && sets_variables_);
    }
    if (around.in_loop && !around.chosen && !of_round) {
      report(step,
             "each round of the loop writes this file, and only one of them could stay: put what tells them apart "
             "into its name, such as ${{ item.id }}");
      return;
    }
    if (around.in_loop || conditional || !written->name) return;
    const auto [first, is_new] = written_.emplace(*written->name, step.action_at);
    if (!is_new) {
      report(step, "the step in line " + std::to_string(first->second.line) +
                       " writes this file already, and what it holds would be lost: give one of them another name");
    }
  }

  void report(const ActionStep& step, const std::string& message) {
    const Action* action = catalog_.find_action(step.action);
    const bool can_ask = action != nullptr && action->inputs().property("overwrite").known();
    Finding found =
        finding(Rule::overwritten_file, step.action_at, message + (can_ask ? ", or say overwrite: true" : ""));
    found.severity = Severity::warning;
    findings_.push_back(std::move(found));
  }

  const Workflow& workflow_;
  const Catalog& catalog_;
  bool several_;
  bool sets_variables_ = false;
  std::map<std::string, SourceMark> written_;  // where the walk stands: file -> who writes it
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_files(const Workflow& workflow, const Catalog& catalog, const Project* project) {
  return FileCheck(workflow, catalog, project).check();
}

}  // namespace millrace
