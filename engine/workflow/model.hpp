#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "expr/template.hpp"
#include "value/value.hpp"
#include "workflow/step.hpp"

namespace millrace {

struct Bounds;

/// One way in which a workflow starts. What the service alone needs stays in `settings`, checked by the schema.
struct TriggerSpec {
  std::string kind;  ///< plugin | schedule | cron | webhook | watch | file | after | manual
  std::string name;  ///< of a plugin's trigger: its catalogue name; otherwise the form's main text
  std::string connection;
  Value with;
  Value settings;  ///< the whole mapping, as read
  SourceMark at;   ///< of the form's main text
  std::map<std::string, SourceMark, std::less<>>
      places;           ///< of the values in `settings`, inner ones as "verify.hmac.secret"
  ExpressionUses uses;  ///< dedupe, challenge (and challenge.over), a watch's key, and the condition

  std::optional<PlacedExpression> condition;  ///< `if:`: no run begins where it is false; sees `event` and `now`

  /// Of `uses`, by its member; nullptr: it is not said.
  const PlacedExpression* expression(std::string_view member) const;
};

struct Safety {
  std::optional<std::int64_t> max_changes;
  std::optional<double> max_percent;
  std::optional<PlacedExpression> stop_if_empty;
};

/// From byte `offset` of an expression's text on, its source stands at this place.
struct BrokenPlace {
  std::size_t offset;
  int line, column;
};

/// One workflow file, understood. Immutable; shared by its runs.
struct Workflow {
  std::string id;  ///< the file's name without ".yaml"
  std::shared_ptr<const SourceText> source;
  std::string name, description;
  std::string mode = "dry_run";
  std::optional<std::vector<std::string>> locations;  ///< nothing: not said; {"all"}: all of the connection
  std::vector<SourceMark> locations_at;               ///< one for each
  std::vector<TriggerSpec> triggers;
  Value concurrency;
  std::optional<PlacedExpression> lane_key;  ///< of concurrency: {queued: {key}}
  std::optional<Duration> alert_if_no_run_for;
  Safety safety;
  std::shared_ptr<const Bounds> permissions;  ///< what it says that it may touch; nullptr: it does not say
  ExpressionUses concurrency_uses;
  Template vars;
  std::vector<std::string> vars_names;
  ExpressionUses vars_uses;
  Steps steps, on_failure, always;

  /// Expressions over several lines, or with escapes, by the line and column where they begin.
  std::map<std::pair<int, int>, std::vector<BrokenPlace>> broken_places;

  /// Where bytes of an expression's text stand in the file.
  SourceMark place(const PlacedExpression& expression, std::size_t offset, std::size_t length) const;
};

/// All steps of the workflow.
template <class Visit>
void each_step(const Workflow& workflow, const Visit& visit) {
  for (const Steps* all : {&workflow.steps, &workflow.on_failure, &workflow.always}) each_step(*all, visit);
}

}  // namespace millrace
