#include "workflow/value_types.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "value/time.hpp"
#include "workflow/alarm_actions.hpp"

namespace millrace {

namespace {

constexpr KindSet never_unfit = kind_set(Kind::null, Kind::optional, Kind::unknown);
constexpr int deepest_misfit = 6;

Type text_type() { return Type::of(Kind::text); }
Type or_null(Type type) { return Type::any_of({std::move(type), Type::of(Kind::null)}); }

/// The items of the list that a watch compares: the output itself, or its only member that is a list.
Type watched_item(const Action* action) {
  if (action == nullptr || !action->output) return {};
  const Type output = Type::of(action->outputs());
  if (output.kind() == Kind::list) return output.element();
  Type item;
  int lists = 0;
  for (const std::string& name : output.member_names()) {
    const auto member = output.member(name);
    if (!member || !member->may_be(Kind::list)) continue;
    item = member->element();
    ++lists;
  }
  return lists == 1 ? item : Type();
}

Type watch_event(const Action* action) {
  const Type item = watched_item(action);
  return Type::map_of({{"change", Type::one_of({"added", "changed", "removed"})},
                       {"key", text_type()},
                       {"item", item},
                       {"before", or_null(item)}});
}

Type file_event() {
  return Type::map_of({{"path", text_type()},
                       {"name", text_type()},
                       {"size", Type::of(Kind::integer)},
                       {"modified", Type::of(Kind::timestamp)}});
}

Type after_event() {
  return Type::map_of(
      {{"workflow", text_type()},
       {"run", text_type()},
       {"outcome", Type::one_of({"completed", "failed", "skipped", "stopped_by_safety", "parked", "cancelled"})},
       {"location", text_type()},
       {"output", Type()},
       {"error", or_null(failure_type())}});
}

Type webhook_event(const std::string& parse) {
  if (parse == "text") return text_type();
  if (parse == "bytes") return Type::of(Kind::bytes);
  return parse == "form" || parse == "multipart" ? Type::map_of({}, Type::Others::some) : Type();
}

std::string misfit_at(const Type& given, const Type& wanted, const SchemaView& view, int depth) {
  if (!may_fit(given.kinds(), wanted.kinds())) return "expected " + wanted.render() + ", and this is " + given.render();
  if (depth > deepest_misfit) return "";
  if (given.kind() == Kind::list && view.items().known()) {
    const std::string inside = misfit_at(given.element(), wanted.element(), view.items(), depth + 1);
    return inside.empty() ? "" : "in the items of this list: " + inside;
  }
  if (given.kind() != Kind::map || !view.allows("object")) return "";
  for (const std::string& name : view.required()) {
    if (!given.member(name)) return "it has no \"" + name + "\", which is needed here";
  }
  return "";
}

}  // namespace

bool may_fit(KindSet kinds, KindSet wanted) {
  constexpr KindSet readable_as_text = texts | times;
  if ((wanted & numbers) != 0) wanted |= numbers;
  if ((wanted & readable_as_text) != 0) wanted |= readable_as_text | kind_set(Kind::duration);
  return (kinds & (wanted | never_unfit)) != 0;
}

std::string misfit(const Type& given, const SchemaView& wanted) {
  return misfit_at(given, Type::of(wanted), wanted, 0);
}

Type failure_type() { return Type::map_of({{"code", text_type()}, {"message", text_type()}}); }

Type delivery_type() {
  const Type named = Type::map_of({}, Type::Others::some);
  return Type::map_of({{"headers", named}, {"query", named}, {"method", text_type()}, {"path", text_type()}});
}

Type today_type() {
  const Type whole = Type::of(Kind::integer);
  std::vector<std::string> weekdays;
  for (int day = 0; day < 7; ++day) weekdays.push_back(lower(weekday_name(day)));
  return Type::map_of({{"date", text_type()},
                       {"year", whole},
                       {"month", whole},
                       {"day", whole},
                       {"weekday", Type::one_of(std::move(weekdays))},
                       {"start", Type::of(Kind::timestamp)}});
}

Type run_type(bool failed) {
  std::vector<std::pair<std::string, Type>> members = {
      {"id", text_type()}, {"workflow", text_type()}, {"location", text_type()}};
  if (failed) members.emplace_back("error", or_null(failure_type()));
  return Type::map_of(std::move(members));
}

Type approval_type() {
  return Type::map_of({{"subject", text_type()},
                       {"text", text_type()},
                       {"message", text_type()},
                       {"link", text_type()},
                       {"expires", Type()},
                       {"count", Type()},
                       {"changes", Type()},
                       {"notes", Type()}});
}

Type event_type(const TriggerSpec& trigger, const Catalog& catalog) {
  if (trigger.kind == "schedule" || trigger.kind == "cron")
    return Type::map_of({{"scheduled_at", Type::of(Kind::timestamp)}}, Type::Others::by_hand);
  if (trigger.kind == "webhook") return webhook_event(trigger.settings.text_or("parse"));
  if (trigger.kind == "watch") return watch_event(catalog.find_action(trigger.name));
  if (trigger.kind == "file") return file_event();
  if (trigger.kind == "after") return after_event();
  const Trigger* known = trigger.kind == "plugin" ? catalog.find_trigger(trigger.name) : nullptr;
  if (known == nullptr || !known->event) return {};
  return Type::of(SchemaView(known->event->document(), known->event->document()));
}

Type event_type(const Workflow& workflow, const Catalog& catalog) {
  if (workflow.id == alarms_workflow) return alarm_event_type();
  std::vector<Type> choices;
  for (const TriggerSpec& trigger : workflow.triggers) choices.push_back(event_type(trigger, catalog));
  return Type::any_of(std::move(choices));
}

Type type_of(const Template& field, const std::function<Type(const PlacedExpression&)>& of) {
  const Template::Shape shape = field.shape();
  if (shape.constant != nullptr) return type_of(*shape.constant);
  if (shape.expression != nullptr) return of(*shape.expression);
  if (shape.text != nullptr) return text_type();
  if (shape.items != nullptr) {
    std::vector<Type> items;
    for (const Template& item : *shape.items) items.push_back(type_of(item, of));
    return Type::list_of(Type::any_of(std::move(items)));
  }
  if (shape.members == nullptr) return {};
  std::vector<std::pair<std::string, Type>> members;
  for (const auto& [name, member] : *shape.members) members.emplace_back(name, type_of(member, of));
  return Type::map_of(std::move(members));
}

}  // namespace millrace
