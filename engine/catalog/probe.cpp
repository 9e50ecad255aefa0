#include "catalog/probe.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace millrace {
namespace {

Error not_told(const std::string& why) {
  return {ErrorCode::unsure, "it is not known whether this happened, and " + why};
}

}  // namespace

const Probe* probe_for(const Action& action, const Value& input) {
  if (!action.probe) return nullptr;
  const auto& with = action.probe->with;
  const auto given = [&](const auto& each) {
    const Value* value = input.find(each.second);
    return value != nullptr && !value->is_null() && *value != Value("");
  };
  return with.empty() || std::any_of(with.begin(), with.end(), given) ? &*action.probe : nullptr;
}

Value question_of(const Probe& probe, const Value& input) {
  if (probe.with.empty() || !input.is_map()) return input;
  Map asked;
  for (const auto& [name, source] : probe.with) {
    const Value* value = input.find(source);
    if (value != nullptr && !value->is_null()) asked.set(name, *value);
  }
  if (const Value* location = input.find("location_id")) asked.set("location_id", *location);
  return asked;
}

Result<Value::List> found_by(const Probe& probe, const Value& input, const Result<Value>& answer, Timestamp since) {
  // A list that is not found may be asked for at the wrong place: only a thing that is not found tells something.
  if (!answer && answer.error().code == ErrorCode::not_found && !probe.find) return Value::List();
  if (!answer) return not_told("asking failed: " + answer.error().message);
  if (!probe.find) return Value::List{*answer};
  Bindings names;
  names.set("output", *answer);
  names.set("input", input);
  names.set("since", since);
  const auto found = probe.find->evaluate(names);
  if (!found) return not_told("it cannot be found in what " + probe.action + " gives: " + found.error().message);
  if (!found->is_list()) return not_told("what was found in what " + probe.action + " gives is no list");
  return found->list();
}

Result<std::optional<Value>> told_by(const Probe& probe, const Value& input, const Result<Value>& answer,
                                     Timestamp since) {
  const Value::List things = TRY(found_by(probe, input, answer, since));
  if (things.size() > 1)
    return not_told(probe.action + " gives " + counted(things.size(), "thing") + " that it can have made");
  return things.empty() ? std::optional<Value>() : std::optional<Value>(things.front());
}

}  // namespace millrace
