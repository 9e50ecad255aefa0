#include "gate/change.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/text.hpp"
#include "catalog/kind.hpp"
#include "catalog/request.hpp"
#include "gate/things.hpp"
#include "secret/redacted.hpp"

namespace millrace {

namespace {

std::string as_words(const Value& filled) { return filled.is_unknown() ? filled.unknown_what() : filled.text(); }

Change without_secrets(const Secrets& secrets, Change change) {
  change.step = secrets.redact(change.step);
  change.summary = secrets.redact(change.summary);
  change.target = redacted(secrets, change.target);
  change.url = redacted(secrets, change.url);
  change.body = redacted(secrets, change.body);
  return change;
}

std::string percent_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", std::round(percent * 10) / 10);
  return text;
}

/// The input with the name of the thing that is meant in place of its id, where it was read.
Value input_with_name(const Shipment& shipment, const GateRecord& record) {
  const Value input = with_defaults(*shipment.action, shipment.input);
  const auto& resource = shipment.action->resource;
  if (!resource || resource->id_input.empty() || !input.is_map()) return input;
  const Value* id = input.find(resource->id_input);
  const std::string name = id != nullptr ? record.seen.name_of(place_of(shipment), id_text(*id)) : "";
  if (name.empty()) return input;
  Map named = input.map();
  named.set(resource->id_input, name);
  return named;
}

/// Changes to things of one kind, at one connection and location, are weighed together.
std::string weighed_with(const ThingPlace& place) { return place.where + "\n" + place.kind; }

/// What tells the thing that is changed from others of its kind.
std::string touched_name(const ThingPlace& place, const std::string& target) { return place.parents + target; }

/// An action for many things says which input lists them.
std::int64_t count_of_things(const Action& action, const Value& input) {
  const Value* list = action.safety.counts.empty() ? nullptr : input.find(action.safety.counts);
  return list != nullptr && list->is_list() ? std::max<std::int64_t>(1, std::ssize(list->list())) : 1;
}

}  // namespace

std::string kind_touched(const Action& action) { return std::string(declared_kind(action)); }

Change change_of(const Shipment& shipment, const GateRecord& record, const Secrets& secrets) {
  const Action& action = *shipment.action;
  Change change;
  change.step = shipment.site.step;
  change.action = action.name;
  change.effect = shipment.effect;
  change.summary =
      action.change.empty() ? action.summary : as_words(fill(action.change, input_with_name(shipment, record)));
  change.target = action.target.empty() ? shipment.to.shown_url : fill(action.target, shipment.input);
  change.method = shipment.parts.method;
  change.url = shipment.to.shown_url;
  change.body = shipment.parts.body;
  change.things = count_of_things(action, shipment.input);
  return without_secrets(secrets, std::move(change));
}

Change change_of_file(const Action& action, const CallSite& site, const std::string& name,
                      const std::string& shown_path, const Secrets& secrets) {
  Change change;
  change.step = site.step;
  change.action = action.name;
  change.effect = writes(action.effect) && !action.request ? action.effect : Effect::create;
  // Not its size: what a plan writes may hold values that are not known yet.
  change.summary = "write file " + name;
  change.target = std::string(file_target) + name;
  change.url = shown_path;
  return without_secrets(secrets, std::move(change));
}

SafetyCount::SafetyCount(const GateRules& rules) : limits_(rules.limits), changes_(rules.count) {
  if (rules.ledger != nullptr) before_ = rules.ledger->changes_before();
  if (changes_ == nullptr) changes_ = std::make_shared<ChangeCount>("", limits_, nullptr, made_before(before_));
  recall(false);
}

SafetyCount::SafetyCount(Limits limits, std::shared_ptr<ChangeCount> changes, std::vector<PastChange> before)
    : limits_(std::move(limits)), changes_(std::move(changes)), before_(std::move(before)) {
  recall(true);
}

void SafetyCount::recall(bool at_bad_end) {
  for (const PastChange& past : before_) {
    if (!past.place.kind.empty() && past.at_bad_end == at_bad_end)
      ++touched_[weighed_with(past.place)][touched_name(past.place, past.target)];
  }
}

SafetyCount& SafetyCount::at(const CallSite& site) {
  if (!site.at_bad_end) return *this;
  if (!at_bad_end_) at_bad_end_.reset(new SafetyCount(limits_, changes_->at_bad_end(), before_));
  return *at_bad_end_;
}

std::string SafetyCount::percent_limit() const {
  return "max_percent is " + percent_text(*limits_.max_percent) +
         whose_default(limits_.max_percent_from, "max_percent");
}

/// How many were changed, with those of the kind of which nothing more is known, from before a restart.
std::size_t SafetyCount::touched(const ThingPlace& place) const {
  const auto here = touched_.find(weighed_with(place)), somewhere = touched_.find(weighed_with({"", place.kind, ""}));
  return (here == touched_.end() ? 0 : here->second.size()) +
         (somewhere == touched_.end() || somewhere == here ? 0 : somewhere->second.size());
}

std::optional<Error> SafetyCount::count(const Change& change, const ThingPlace& place, const GateRecord& record) {
  std::optional<Error> passes = changes_->count(change.summary, change.things);
  if (!passes && limits_.max_percent && !change.method.empty()) passes = passes_percent(change, place, record);
  if (passes && !passed_) passed_ = passes;
  return passes ? passes : passed_;
}

void SafetyCount::take_back(const Change& change, const ThingPlace& place) {
  changes_->take_back(change.things);
  const auto touched = touched_.find(weighed_with(place));
  if (touched == touched_.end() || !change.target.is_text()) return;
  const auto target = touched->second.find(touched_name(place, change.target.text()));
  if (target != touched->second.end() && --target->second <= 0) touched->second.erase(target);
}

std::optional<Error> SafetyCount::foresee(std::int64_t count, const Action& action, const ThingPlace& place,
                                          const GateRecord& record) const {
  if (passed_) return passed_;
  const std::string what =
      "safety: " + action.name + " would be done " + counted(static_cast<std::size_t>(count), "time");
  if (auto over = changes_->foresee(count, what)) return over;
  const std::size_t read = limits_.max_percent ? record.seen.count(place) : 0;
  if (read == 0) return std::nullopt;
  const double percent =
      100.0 * (static_cast<double>(count) + static_cast<double>(touched(place))) / static_cast<double>(read);
  if (percent <= *limits_.max_percent) return std::nullopt;
  return Error{ErrorCode::limited, what + ", to " + percent_text(percent) + " percent of the " + std::to_string(read) +
                                       " read of kind \"" + kind_words(place.kind) + "\", and " + percent_limit() +
                                       "; nothing of it was done"};
}

std::optional<Error> SafetyCount::passes_percent(const Change& change, const ThingPlace& place,
                                                 const GateRecord& record) {
  const std::string limit = percent_limit();
  const bool takes_nothing = change.effect == Effect::send || change.effect == Effect::create;
  const std::size_t read = record.seen.count(place);
  const bool elsewhere = read > 0 && place.known && !takes_nothing && !record.seen.any_at(place);
  if (read == 0 || elsewhere) {
    if (!limits_.max_percent_from.empty() || takes_nothing) return std::nullopt;
    const std::string kind = "of kind \"" + kind_words(place.kind) + "\"";
    const std::string why =
        elsewhere ? "what was read " + kind + " before in this run belongs elsewhere"
                  : "nothing " + (place.kind.empty() ? "of what it touches" : kind) + " was read before in this run";
    return Error{ErrorCode::limited, "safety: " + change.summary + " cannot be weighed, because " + why + ", and " +
                                         limit + ": read them first, or leave max_percent out"};
  }
  // Two unknown targets are two things, even if they are called alike.
  const std::string target = change.target.is_text() ? change.target.text() : "?" + std::to_string(++unknown_);
  ++touched_[weighed_with(place)][touched_name(place, target)];
  const std::size_t changed = touched(place);
  const double percent = 100.0 * static_cast<double>(changed) / static_cast<double>(read);
  if (percent <= *limits_.max_percent) return std::nullopt;
  return Error{ErrorCode::limited, "safety: " + change.summary + " would be change " + std::to_string(changed) +
                                       " to the " + std::to_string(read) + " read of kind \"" + kind_words(place.kind) +
                                       "\" (" + percent_text(percent) + " percent), and " + limit};
}

}  // namespace millrace
