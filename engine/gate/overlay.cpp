#include "gate/overlay.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "catalog/kind.hpp"
#include "catalog/request.hpp"
#include "gate/things.hpp"
#include "gate/unknown_answer.hpp"
#include "value/member_path.hpp"

namespace millrace {

namespace {

/// Which things belong together: those of one place, as far as a `collection` says it. Empty where that is not known.
std::string collection_name(const Shipment& shipment) {
  if (!shipment.action->resource || shipment.action->resource->collection.empty()) return "";
  const ThingPlace place = place_of(shipment);
  return place.known ? place.where + "\n" + place.parents : "";
}

/// The input that says which thing is meant, or null.
Value id_given(const Shipment& shipment) {
  const Resource& resource = *shipment.action->resource;
  const Value* id = resource.id_input.empty() ? nullptr : shipment.input.find(resource.id_input);
  return id ? *id : Value();
}

/// The fields of a thing that the inputs set.
Map fields_given(const Shipment& shipment) {
  Map fields;
  for (const auto& [field, input] : shipment.action->resource->fields) {
    const Value* value = shipment.input.find(input);
    if (value && !value->is_null()) fields.set(field, *value);
  }
  return fields;
}

/// "location tag vip": by its name where a field says it, else by whatever text its fields begin with.
std::string thing_words(const Shipment& shipment) {
  const Map fields = fields_given(shipment);
  std::string words = kind_words(shipment.action->resource->kind);
  const Value* name = fields.find("name");
  for (const auto& [key, value] : fields) {
    if (!name && value.is_text()) name = &value;
  }
  if (name && name->is_text()) words += " " + name->text();
  return words;
}

SchemaView schema_at(SchemaView schema, std::string_view path) {
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    schema = schema.property(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return schema;
}

/// Whether the answer of a write holds the thing itself: where `echo` says, or as a whole.
bool echoes(const Action& action) {
  if (!action.resource->echo.empty()) return true;
  return writes(action.effect) && schema_at(action.outputs(), action.resource->id).known();
}

/// A list read that was asked for a part only: with any input but those that name the collection.
bool narrowed(const Shipment& shipment) {
  if (!shipment.input.is_map()) return false;
  for (const auto& [key, value] : shipment.input.map()) {
    if (value.is_null() || !key.is_text() || key.text() == "location_id") continue;
    if (shipment.action->resource->collection.find("{" + key.text() + "}") == std::string::npos) return true;
  }
  return false;
}

/// Counts beside a list are not right any more once it has become longer or shorter.
Value without_counts(const Value& output, const std::string& list_path) {
  const std::size_t dot = list_path.rfind('.');
  const std::string around = dot == std::string::npos ? "" : list_path.substr(0, dot);
  const Value* beside = member_at(output, around);
  if (!beside || !beside->is_map()) return output;
  Map members;
  for (const auto& [key, value] : beside->map()) {
    const bool count = key.is_text() && value.is(Kind::integer);
    members.set(key, count ? Value::unknown("the " + key.text() + " after the planned changes") : value);
  }
  return with_member(output, around, std::move(members));
}

bool same_id(const Value& left, const Value& right) {
  if (left.is_unknown() || right.is_unknown()) return left == right;
  return id_text(left) == id_text(right);
}

/// The planned write to the thing of this id, or null.
template <class Planneds>
auto* find_planned(Planneds& planned, const Value& id) {
  const auto found =
      std::find_if(planned.begin(), planned.end(), [&id](const auto& one) { return same_id(one.id, id); });
  return found == planned.end() ? nullptr : &*found;
}

}  // namespace

void Notes::add(const std::string& sentence) {
  if (std::find(sentences_.begin(), sentences_.end(), sentence) == sentences_.end()) sentences_.push_back(sentence);
}

const Overlay::Collection* Overlay::find(const Shipment& shipment) const {
  const auto found = collections_.find(collection_name(shipment));
  return found == collections_.end() ? nullptr : &found->second;
}

Overlay::Collection* Overlay::make(const Shipment& shipment) {
  const std::string name = collection_name(shipment);
  return name.empty() ? nullptr : &collections_[name];
}

Value Overlay::plan(const Shipment& shipment, const std::string& summary, Notes notes) {
  const Action& action = *shipment.action;
  const std::string answer = "the answer to \"" + summary + "\"";
  Collection* collection = make(shipment);
  const bool one_of_many = action.resource && shipment.effect != Effect::create;
  if (!collection || (one_of_many && action.resource->id_input.empty()) || shipment.effect == Effect::send) {
    unseen_.emplace_back(shipment.site.connection, action.name);
    return unknown_answer(action.outputs(), answer);
  }
  if (!one_of_many) return plan_create(shipment, *collection, summary);
  const Value id = id_given(shipment);
  if (id.is_unknown() && !find_planned(collection->planned, id)) {
    notes.add(action.name + ": later reads do not show what it does, because " + id.unknown_what() +
              " is only known after the run");
    return unknown_answer(action.outputs(), answer);
  }
  return shipment.effect == Effect::remove ? plan_removal(shipment, *collection, summary)
                                           : plan_update(shipment, *collection, summary);
}

Value Overlay::plan_create(const Shipment& shipment, Collection& collection, const std::string& summary) {
  const Action& action = *shipment.action;
  const Resource& resource = *action.resource;
  const std::string words = thing_words(shipment);
  std::string id = "the id of " + words;
  for (int number = 2; find_planned(collection.planned, Value::unknown(id)); ++number) {
    id = "the id of " + words + " (" + std::to_string(number) + ")";  // unknowns are told apart by what they say
  }
  const SchemaView schema = echoes(action) ? schema_at(action.outputs(), resource.echo) : SchemaView();
  const Value unknown = unknown_answer(schema, words);
  Value thing = unknown.is_map() ? unknown : Value(Map());
  for (const auto& [field, value] : fields_given(shipment)) thing = with_member(thing, field.text(), value);
  thing = with_member(thing, resource.id, Value::unknown(id));
  collection.planned.push_back({Value::unknown(id), thing, true, false});
  const std::string answer = "the answer to \"" + summary + "\"";
  if (!echoes(action)) return unknown_answer(action.outputs(), answer);
  return unknown_answer_with(action.outputs(), resource.echo, thing, answer);
}

Value Overlay::plan_update(const Shipment& shipment, Collection& collection, const std::string& summary) {
  const Action& action = *shipment.action;
  const Resource& resource = *action.resource;
  const Value id = id_given(shipment);
  Planned* planned = find_planned(collection.planned, id);
  if (!planned) {
    collection.planned.push_back({id, Map(), false, false});
    planned = &collection.planned.back();
  }
  const Map given = fields_given(shipment);
  for (const auto& [field, value] : given) planned->thing = with_member(planned->thing, field.text(), value);
  for (const auto& [field, input] : resource.replaces ? resource.fields : Names()) {
    if (given.find(std::string_view(field)) == nullptr)
      planned->thing =
          with_member(planned->thing, field, Value::unknown("what \"" + summary + "\" leaves as " + field));
  }

  const std::string answer = "the answer to \"" + summary + "\"";
  if (!echoes(action)) return unknown_answer(action.outputs(), answer);
  const auto read = collection.read.find(id_text(id));
  const Value unread = unknown_answer(schema_at(action.outputs(), resource.echo), kind_words(resource.kind));
  Value before =
      read != collection.read.end() ? read->second : with_member(unread.is_map() ? unread : Value(), resource.id, id);
  const Value thing = planned->created ? planned->thing : updated(shipment, before, *planned);
  return unknown_answer_with(action.outputs(), resource.echo, thing, answer);
}

Value Overlay::plan_removal(const Shipment& shipment, Collection& collection, const std::string& summary) {
  const Value id = id_given(shipment);
  Planned* planned = find_planned(collection.planned, id);
  if (!planned) {
    collection.planned.push_back({id, Map(), false, false});
    planned = &collection.planned.back();
  }
  planned->deleted = true;
  return unknown_answer(shipment.action->outputs(), "the answer to \"" + summary + "\"");
}

/// A real thing with the planned fields. Times are the far side's business: it may set them anew.
Value Overlay::updated(const Shipment& shipment, const Value& thing, const Planned& planned) {
  Map members;
  for (const auto& [key, value] : thing.map()) {
    const bool time = value.is(Kind::timestamp) && key.is_text();
    members.set(key, time ? Value::unknown("the " + key.text() + " of " + kind_words(shipment.action->resource->kind) +
                                           " after the planned changes")
                          : value);
  }
  Value changed = members;
  for (const auto& [field, value] : planned.thing.map()) changed = with_member(changed, field.text(), value);
  return changed;
}

std::optional<Result<Value>> Overlay::answer(const Shipment& shipment) const {
  const Collection* collection = find(shipment);
  if (!collection || shipment.action->resource->id_input.empty()) return std::nullopt;
  const Value id = id_given(shipment);
  const Planned* planned = find_planned(collection->planned, id);
  if (!planned) return std::nullopt;
  const Resource& resource = *shipment.action->resource;
  const std::string kind = kind_words(resource.kind);
  if (planned->deleted) {
    const std::string which = id.is_unknown() ? "" : " " + id_text(id);
    return Error{ErrorCode::not_found,
                 shipment.to.name + " would have no " + kind + which + " any more, because this plan deletes it"};
  }
  if (!planned->created) return std::nullopt;
  return unknown_answer_with(shipment.action->outputs(), resource.echo, planned->thing,
                             "the answer about a planned " + kind);
}

Value Overlay::lay_over(const Shipment& shipment, const Value& output, Notes notes) {
  for (const auto& [connection, action] : unseen_) {
    if (connection == shipment.site.connection) notes.add(action + ": later reads are not simulated");
  }
  Collection* collection = make(shipment);
  if (!collection) return output;
  const Action& action = *shipment.action;
  for (const Value& thing : things_in(action, output)) {
    const std::string id = id_text(*action.resource, thing);
    if (!id.empty()) collection->read.insert_or_assign(id, thing);
  }
  if (collection->planned.empty()) return output;
  if (action.resource->id_input.empty()) return lay_over_list(shipment, output, *collection, notes);
  const Planned* planned = find_planned(collection->planned, id_given(shipment));
  const Value* thing = member_at(output, action.resource->echo);
  if (!planned || !thing || !thing->is_map()) return output;
  return with_member(output, action.resource->echo, updated(shipment, *thing, *planned));
}

Value Overlay::made_whole(const Shipment& shipment, const Planned& planned) {
  const Resource& resource = *shipment.action->resource;
  const SchemaView schema = schema_at(shipment.action->outputs(), resource.list_path).items();
  const Value unread = unknown_answer(schema, kind_words(resource.kind) + " " + id_text(planned.id));
  Value thing = unread.is_map() ? unread : Value(Map());
  for (const auto& [field, value] : planned.thing.map()) thing = with_member(thing, field.text(), value);
  return thing;
}

Value Overlay::lay_over_list(const Shipment& shipment, const Value& output, const Collection& collection,
                             Notes notes) const {
  const Resource& resource = *shipment.action->resource;
  const Value* real = member_at(output, resource.list_path);
  if (!real || !real->is_list()) return output;
  Value::List items;
  std::set<const Planned*> shown;
  for (const Value& item : real->list()) {
    const Value* id = member_at(item, resource.id);
    const Planned* planned = id && item.is_map() ? find_planned(collection.planned, *id) : nullptr;
    shown.insert(planned);
    if (planned && planned->deleted) continue;
    items.push_back(planned ? updated(shipment, item, *planned) : item);
  }
  const bool part = narrowed(shipment);
  for (const Planned& planned : collection.planned) {
    if (part && !planned.deleted) {
      notes.add(shipment.action->name +
                ": planned changes are not added to this list, because it was asked for a part only");
    }
    if (planned.deleted || part) continue;
    if (planned.created) {
      items.push_back(planned.thing);
    } else if (shown.count(&planned) == 0 && member_at(planned.thing, resource.id)) {
      items.push_back(made_whole(shipment, planned));  // an update that says the id itself makes what is not there
    }
  }
  const bool same_length = items.size() == real->list().size();
  const Value laid = with_member(output, resource.list_path, std::move(items));
  return same_length ? laid : without_counts(laid, resource.list_path);
}

}  // namespace millrace
