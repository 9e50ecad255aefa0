#include <algorithm>
#include <utility>

#include "prose/explain_parts.hpp"
#include "prose/expression_words.hpp"
#include "prose/phrases.hpp"
#include "prose/tell_value.hpp"
#include "workflow/reach_words.hpp"

namespace millrace {

namespace {

/// Puts the count of something into a phrase that has it at {n}.
std::string with_count(std::string_view phrase, std::size_t count) {
  return fill(phrase, {{"n", std::to_string(count)}});
}

class StepTeller {
 public:
  StepTeller(const std::vector<Reached>& reach, const Catalog& catalog) : reach_(reach), catalog_(catalog) {}

  /// Numbered behind those that `numbered` has counted.
  std::vector<Sentence> tell(const Steps& steps, const std::string& prefix, std::size_t& numbered) {
    std::vector<Sentence> told;
    for (const Step& step : steps) told.push_back(tell(step, prefix + std::to_string(++numbered)));
    return told;
  }

 private:
  Sentence tell(const Step& step, const std::string& number) {
    Sentence told = {"step"};
    told.about = step.id;
    told.at = step.at;
    told.number = number;
    if (!step.name.empty()) add(told, "name", fill(phrases().named, {{"name", step.name}}), step.at);
    // A condition beside a block or an action; that of an if block is its text.
    if (step.condition) {
      const Expression& condition = step.condition->expression;
      add(told, "if", fill(phrases().only_if, {{"what", condition_words(condition, around_)}}), step.condition->at,
          meaning_of(condition));
    }
    std::size_t numbered = 0;
    has_id_ = !step.id.empty();
    std::visit([&](const auto& what) { block(what, told, numbered); }, step.what);
    settings(step, told, numbered);
    return told;
  }

  static void add(Sentence& to, const std::string& part, std::string text, const SourceMark& at = {},
                  std::string meaning = "") {
    to.below.push_back({part, "", std::move(text), std::move(meaning), at});
  }

  /// A list of steps below a line of its own.
  void branch(Sentence& to, const std::string& part, std::string text, const Steps& steps, std::size_t& numbered,
              std::string meaning = "") {
    Sentence told = {part, "", std::move(text), std::move(meaning)};
    told.below = tell(steps, to.number + ".", numbered);
    to.below.push_back(std::move(told));
  }

  void directly(Sentence& to, const Steps& steps, std::size_t& numbered) {
    for (Sentence& each : tell(steps, to.number + ".", numbered)) to.below.push_back(std::move(each));
  }

  void block(const ActionStep& what, Sentence& told, std::size_t&) {
    const Phrases& say = phrases();
    const Action* action = catalog_.find_action(what.action);
    told.text = action == nullptr ? fill(say.unknown_action, {{"name", what.action}})
                                  : fill(say.action, {{"summary", action->summary}, {"name", what.action}});
    told.meaning = "action " + what.action;
    effects(what, told);
    if (!what.connection.empty())
      add(told, "connection", fill(say.over_connection, {{"name", what.connection}}),
          what.connection_at.value_or(SourceMark()));
    const SchemaView inputs = action == nullptr ? SchemaView() : action->inputs();
    for (Sentence& input : tell_members("with.", what.with, inputs, around_)) told.below.push_back(std::move(input));
  }

  /// What the step touches, in the words of `permissions`.
  void effects(const ActionStep& what, Sentence& told) const {
    std::vector<Reached> own;
    for (const Reached& each : reach_) {
      const bool here = each.from.line == what.action_at.line && each.from.column == what.action_at.column;
      if (here) own.push_back(each);
    }
    if (own.empty()) return;
    const bool reads = std::all_of(own.begin(), own.end(),
                                   [](const Reached& each) { return each.effects == EffectSet(Effect::read); });
    const std::string all = summary(own, {}, {});
    add(told, "effects", fill(reads ? phrases().only_reads : phrases().effect, {{"what", all}}), what.action_at);
  }

  void block(const IfBlock& what, Sentence& told, std::size_t& numbered) {
    const Expression& condition = what.condition.expression;
    told.text = fill(phrases().if_block, {{"what", condition_words(condition, around_)}});
    told.meaning = "if " + meaning_of(condition);
    directly(told, what.then, numbered);
    if (!what.otherwise.empty()) branch(told, "else", std::string(phrases().otherwise), what.otherwise, numbered);
  }

  void block(const SwitchBlock& what, Sentence& told, std::size_t& numbered) {
    const Phrases& say = phrases();
    told.text = fill(say.switch_block, {{"what", words_of(what.subject.expression, around_)}});
    told.meaning = "switch " + meaning_of(what.subject.expression);
    for (const SwitchBlock::Case& one : what.cases) {
      const Expression& when = one.when.expression;
      const auto constant = when.evaluate(Bindings());
      std::vector<std::string> choices;
      if (constant && constant->is_list())
        for (const Value& each : constant->list()) choices.push_back(words_of(each));
      std::string text = !one.comparison.empty()
                             ? fill(say.when_holds, {{"what", comparison_words(when, one.comparison, around_)}})
                         : choices.empty() ? fill(say.when_is, {{"what", words_of(when, around_)}})
                                           : fill(say.when_one_of, {{"what", any_of(choices)}});
      branch(told, "case", std::move(text), one.steps, numbered, meaning_of(when));
    }
    if (!what.otherwise.empty()) branch(told, "default", std::string(say.otherwise), what.otherwise, numbered);
  }

  void block(const ForEachBlock& what, Sentence& told, std::size_t& numbered) {
    const Expression& items = what.items.expression;
    told.text = fill(phrases().for_each, {{"name", what.as}, {"what", words_of(items, around_)}});
    told.meaning = "for_each " + what.as + " " + meaning_of(items);
    if (what.parallel > 1)
      add(told, "parallel", with_count(phrases().at_a_time, static_cast<std::size_t>(what.parallel)));
    around_.items.push_back(what.as);
    directly(told, what.body, numbered);
    around_.items.pop_back();
  }

  void block(const RepeatBlock& what, Sentence& told, std::size_t& numbered) {
    const Expression& until = what.until.expression;
    told.text = fill(phrases().repeat, {{"n", std::to_string(what.max)}, {"what", condition_words(until, around_)}});
    told.meaning = "repeat " + std::to_string(what.max) + " " + meaning_of(until);
    directly(told, what.body, numbered);
  }

  void block(const ParallelBlock& what, Sentence& told, std::size_t& numbered) {
    told.text = phrases().parallel;
    told.meaning = "parallel";
    std::size_t number = 0;
    for (const Steps& steps : what.branches)
      branch(told, "branch", with_count(phrases().branch, ++number), steps, numbered);
  }

  void block(const GroupBlock& what, Sentence& told, std::size_t& numbered) {
    told.text = phrases().group;
    told.meaning = "do";
    directly(told, what.body, numbered);
  }

  void block(const SetBlock& what, Sentence& told, std::size_t&) {
    for (Sentence& value : tell_members("set.", what.values, SchemaView(), around_))
      told.below.push_back(std::move(value));
    told.text = with_count(has_id_ ? phrases().set_result : phrases().set_variables, what.names.size());
    told.meaning = has_id_ ? "set result" : "set";
  }

  void block(const StopBlock& what, Sentence& told, std::size_t&) {
    told.text = fill(phrases().stop, {{"outcome", what.outcome}});
    told.meaning = "stop " + what.outcome;
    const Value* constant = what.message.constant_value();
    if (constant != nullptr && constant->is_null()) return;
    add(told, "message", fill(phrases().stop_message, {{"what", words_of_text(what.message, around_)}}), {},
        meaning_of(what.message));
  }

  void block(const WaitBlock& what, Sentence& told, std::size_t&) {
    if (what.time) told.text = fill(phrases().wait_for, {{"time", words_of(*what.time)}});
    told.meaning = "wait " + told.text;
    if (!what.until) return;
    told.text = fill(phrases().wait_until, {{"what", words_of(what.until->expression, around_)}});
    told.meaning = "wait until " + meaning_of(what.until->expression);
  }

  void block(const ApproveBlock& what, Sentence& told, std::size_t& numbered) {
    const Phrases& say = phrases();
    told.text = fill(say.approve, {{"what", words_of_text(what.message, around_)}});
    told.meaning = "approve " + meaning_of(what.message);
    if (what.expires) add(told, "expires", fill(say.expires, {{"time", words_of(*what.expires)}}));
    if (!what.notify.empty()) branch(told, "notify", std::string(say.notify), what.notify, numbered);
  }

  void block(const CallBlock& what, Sentence& told, std::size_t&) {
    told.text = fill(phrases().call, {{"name", what.workflow}});
    told.meaning = "call " + what.workflow;
    auto event = tell_members("with.", what.with, SchemaView(), around_);
    if (event.empty()) return;
    add(told, "with", std::string(phrases().call_event));
    told.below.back().below = std::move(event);
  }

  void settings(const Step& step, Sentence& told, std::size_t& numbered) {
    const Phrases& say = phrases();
    if (step.retry.attempts > 1) {
      add(told, "retry",
          fill(step.retry.exponential ? say.retry : say.retry_fixed, {{"n", std::to_string(step.retry.attempts)},
                                                                      {"delay", words_of(step.retry.delay)},
                                                                      {"most", words_of(step.retry.max_delay)}}));
    }
    if (step.timeout) add(told, "timeout", fill(say.timeout, {{"time", words_of(*step.timeout)}}));
    if (step.if_unsure != IfUnsure::by_plugin) {
      add(told, "if_unsure",
          std::string(step.if_unsure == IfUnsure::ask_me      ? say.ask_me
                      : step.if_unsure == IfUnsure::try_again ? say.try_again
                                                              : say.check_first));
    }
    if (step.on_error == OnError::proceed) add(told, "on_error", std::string(say.goes_on));
    if (step.on_error == OnError::handle)
      branch(told, "on_error", std::string(say.if_it_fails), step.error_steps, numbered);
  }

  const std::vector<Reached>& reach_;
  const Catalog& catalog_;
  Surroundings around_;
  bool has_id_ = false;  ///< the step at hand
};

}  // namespace

std::vector<Sentence> tell_steps(const Steps& steps, const std::vector<Reached>& reach, const Catalog& catalog) {
  std::size_t numbered = 0;
  return StepTeller(reach, catalog).tell(steps, "", numbered);
}

}  // namespace millrace
