#include "catalog/inverse.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "catalog/manifest_checks.hpp"
#include "catalog/request.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"

namespace millrace {
namespace {

bool names_now(const Expression& expression) {
  const auto roots = expression.roots();
  return std::find(roots.begin(), roots.end(), "now") != roots.end();
}

const std::string& id_input_of(const Action& action) {
  static const std::string none;
  return action.resource ? action.resource->id_input : none;
}

/// The input that sets a field; empty where none does.
std::string input_for(const Action& action, const std::string& field) {
  if (!action.resource) return "";
  for (const auto& [name, input] : action.resource->fields) {
    if (name == field) return input;
  }
  return "";
}

bool is_given(const Value& input, const std::string& name) {
  const Value* value = name.empty() ? nullptr : input.find(name);
  return value != nullptr && !value->is_null();
}

/// The id of the thing that the write was about: said, or told by what it gave.
Result<Value> id_of(const Action& write, const Past& past) {
  if (is_given(past.input, id_input_of(write))) return *past.input.find(id_input_of(write));
  const Value* thing = thing_in(write, past.output);
  const Value* id = thing != nullptr && write.resource ? member_at(*thing, write.resource->id) : nullptr;
  if (id == nullptr || id->is_null()) return Error{ErrorCode::not_found, "the id of what was made is not known"};
  return *id;
}

/// The inputs in the address of a collection, and what stands around them.
std::pair<std::vector<std::string>, std::string> address_of(const std::string& collection) {
  std::pair<std::vector<std::string>, std::string> places;
  std::size_t at = 0;
  for (std::size_t open = collection.find('{'); open != std::string::npos; open = collection.find('{', at)) {
    const std::size_t close = std::min(collection.find('}', open), collection.size());
    places.second += collection.substr(at, open + 1 - at);
    places.first.push_back(collection.substr(open + 1, close - open - 1));
    at = close;
  }
  places.second += collection.substr(at);
  return places;
}

/// Two actions may call the same place in their collection's address differently.
void add_by_place(Map& given, const Action& write, const Action& back, const Value& input) {
  const auto [own, around] = address_of(write.resource ? write.resource->collection : "");
  const auto [others, around_others] = address_of(back.resource ? back.resource->collection : "");
  if (around != around_others || own.size() != others.size()) return;
  for (std::size_t at = 0; at < own.size(); ++at) {
    if (is_given(input, own[at]) && given.find(std::string_view(others[at])) == nullptr)
      given.set(others[at], *input.find(own[at]));
  }
}

void add_inputs_in(const Value& body, std::set<std::string>& inputs) {
  if (body.is_text()) inputs.insert(body.text());
  if (body.is_map()) {
    for (const auto& [name, value] : body.map()) add_inputs_in(value, inputs);
  }
  if (body.is_list()) {
    for (const Value& item : body.list()) add_inputs_in(item, inputs);
  }
}

/// The inputs that say which thing is meant, and where: those of its path, and of the query where what is written
/// stands in a body.
std::set<std::string> naming_inputs(const Action& action) {
  std::set<std::string> naming = {"location_id"};
  if (!id_input_of(action).empty()) naming.insert(id_input_of(action));
  const auto add = [&naming](const std::string& pattern) {
    for (std::string& name : places_in(pattern)) naming.insert(std::move(name));
  };
  if (action.resource) add(action.resource->collection);
  if (!action.request) return naming;
  const RequestMapping& request = *action.request;
  add(request.path);
  if (!request.url_input.empty()) naming.insert(request.url_input);
  if (request.body.is_null() && request.body_input.empty() && !request.body_result) return naming;
  std::set<std::string> written;
  add_inputs_in(request.body, written);
  for (const auto& [name, input] : request.query) {
    if (!written.contains(input)) naming.insert(input);
  }
  return naming;
}

/// Whether the update set it, be it to nothing.
bool is_set(const Value& input, const std::string& name) {
  return !name.empty() && input.is_map() && input.find(name) != nullptr;
}

bool is_required(const Action& action, const std::string& input) {
  const auto required = action.inputs().required();
  return std::find(required.begin(), required.end(), input) != required.end();
}

/// Puts into `back` the fields of a thing that was changed, as they were, and says what does not come back.
class PuttingBack {
 public:
  PuttingBack(const Action& write, const Action& back, const Past& past)
      : write_(write), back_(back), past_(past), replaces_(write.resource->replaces || back.resource->replaces) {}

  Result<TakenBack> put(Map given) {
    for (const auto& [field, input] : back_.resource->fields) {
      if (input == "location_id" || input == id_input_of(back_)) continue;
      put_field(field, input, given);
    }
    const std::set<std::string> naming = naming_inputs(write_);
    for (const auto& [name, value] : past_.input.is_map() ? past_.input.map() : Map()) {
      if (naming.contains(name.text()) || covered_.contains(name.text())) continue;
      taken_.untold.push_back(name.text());
      // The run's own value once more could be over another one of today's.
      if (is_required(back_, name.text()))
        return Error{ErrorCode::not_found,
                     "nothing can be put back without its " + name.text() + ", which nothing that was read shows"};
    }
    if (replaces_ && !taken_.untold.empty())
      return Error{ErrorCode::not_found,
                   "it is written as a whole, and nothing that was read shows its " + join(taken_.untold, ", ")};
    taken_.input = Value(std::move(given));
    taken_.of_fields = true;
    return std::move(taken_);
  }

 private:
  void put_field(const std::string& field, const std::string& input, Map& given) {
    const std::string set_by = input_for(write_, field);
    const bool was_set = is_set(past_.input, set_by);
    if (was_set) covered_.insert(set_by);
    const Value* was = member_at(past_.before, field);
    const bool had_value = was != nullptr && !was->is_null();
    if (!had_value && was_set && !replaces_) {
      empty_field(field, input, given);
    } else if (had_value && (was_set || replaces_ || is_required(back_, input))) {
      given.set(input, *was);
      if (was_set || replaces_) taken_.put_back.push_back(input);
    }
  }

  void empty_field(const std::string& field, const std::string& input, Map& given) {
    taken_.empty_before.emplace_back(field, input);
    auto empty = empty_value(input);
    if (!empty) return;
    given.set(input, std::move(*empty));
    taken_.put_back.push_back(input);
  }

  /// What empties it: null or an empty list, where the schema lets it and a body in JSON can say it.
  std::optional<Value> empty_value(const std::string& input) const {
    std::set<std::string> in_body;
    if (back_.request && !back_.request->form && !back_.request->multipart) add_inputs_in(back_.request->body, in_body);
    const SchemaView schema = back_.inputs().property(input);
    if (!in_body.contains(input) || !schema.known()) return std::nullopt;
    const std::vector<std::string> types = schema.types();
    const auto takes = [&types](const char* type) {
      return std::find(types.begin(), types.end(), type) != types.end();
    };
    if (takes("null")) return Value();
    const Value* least = schema.raw()->find("minItems");
    if (takes("array") && (least == nullptr || encode_json(*least) == "0")) return Value(Value::List());
    return std::nullopt;
  }

  const Action& write_;
  const Action& back_;
  const Past& past_;
  const bool replaces_;  // what is not given is lost
  std::set<std::string> covered_;
  TakenBack taken_;
};

Result<TakenBack> complete(const Action& back, TakenBack taken) {
  for (const std::string& name : back.inputs().required()) {
    if (taken.input.find(name) == nullptr)
      return Error{ErrorCode::not_found, "the input \"" + name + "\" of " + back.name + " is not known"};
  }
  return taken;
}

/// Whether it reads one thing of the kind that is written.
bool reads_the_same(const Action& read, const Action& write) {
  if (!read.resource || read.effect != Effect::read || !read.request || !read.resource->list_path.empty()) return false;
  return !read.resource->id_input.empty() && read.resource->kind == write.resource->kind &&
         read.resource->collection == write.resource->collection;
}

const Action* find_read_of(const Manifest& manifest, const Action& write) {
  const auto read = std::find_if(manifest.actions.begin(), manifest.actions.end(),
                                 [&write](const Action& each) { return reads_the_same(each, write); });
  return read == manifest.actions.end() ? nullptr : &*read;
}

}  // namespace

const Value* thing_in(const Action& action, const Value& output) {
  if (!action.resource || !action.resource->list_path.empty()) return nullptr;
  const Value* thing = member_at(output, action.resource->echo);
  return thing != nullptr && thing->is_map() ? thing : nullptr;
}

bool may_be_asked_later(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::invalid:
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::denied:
    case ErrorCode::internal:
      return false;
    case ErrorCode::timeout:
    case ErrorCode::cancelled:
    case ErrorCode::unavailable:
    case ErrorCode::limited:
    case ErrorCode::unsure:
    case ErrorCode::unconnected:
      return true;
  }
  return true;
}

std::vector<std::string> written_into(const Action& action) {
  std::vector<std::string> names;
  if (!action.request || !action.request->body.is_map()) return names;
  for (const auto& [member, input] : action.request->body.map()) {
    if (input.is_text() && input.text() != "location_id" && input.text() != id_input_of(action))
      names.push_back(input.text());
  }
  return names;
}

Map shared_inputs(const Value& input, const Action& other) {
  Map shared;
  for (const std::string& name : other.inputs().property_names()) {
    if (is_given(input, name)) shared.set(name, *input.find(name));
  }
  return shared;
}

Result<Value> inputs_by(const Inputs& with, const Bindings& names, Map given) {
  const bool knows_now = names.find("now") != nullptr;
  for (const auto& [name, expression] : with) {
    if (!knows_now && names_now(expression)) continue;
    auto value = expression.evaluate(names);
    if (!value) return value.error().within("its input \"" + name + "\"");
    if (value->is_null()) {
      given.erase(name);
    } else {
      given.set(name, std::move(*value));
    }
  }
  return Value(std::move(given));
}

Result<Value> question_of(const Look& look, const Action& write, const Action& read, const Bindings& names) {
  const Value* input = names.find("input");
  Map asked = shared_inputs(input != nullptr ? *input : Value(), read);
  const std::string& id = id_input_of(read);
  if (!id.empty() && input != nullptr && is_given(*input, id_input_of(write)))
    asked.set(id, *input->find(id_input_of(write)));
  return inputs_by(look.with, names, std::move(asked));
}

Result<Value> seen_by(const Look& look, const Action& read, const Value& input, const Value& output) {
  if (!look.find) {
    const Value* thing = thing_in(read, output);
    return thing != nullptr ? *thing : output;
  }
  Bindings names;
  names.set("output", output);
  names.set("input", input);
  return look.find->evaluate(names);
}

Result<CarrierPage> carriers_on(const Carriers& carriers, const Bindings& names, const Value& asked,
                                const Value& output) {
  Bindings page(&names);
  page.set("asked", asked);
  page.set("output", output);
  const Value seen = TRY(carriers.look.find->evaluate(page));
  if (!seen.is_list() || seen.contains_unknown())
    return Error{ErrorCode::invalid, "what was found in what " + carriers.look.action + " gives is no list"};
  const Value next = carriers.next ? TRY(carriers.next->evaluate(page)) : Value();
  if (!next.is_map()) return CarrierPage{seen.list(), Value()};
  Map all = asked.map();
  for (const auto& [name, value] : next.map()) all.set(name, value);
  if (Value(all) == asked) return Error{ErrorCode::invalid, "the next page is the same again"};
  return CarrierPage{seen.list(), Value(std::move(all))};
}

Result<TakenBack> inputs_back(const Action& write, const Action& back, const Past& past) {
  const bool of_things = write.resource || back.resource;
  const bool updates = write.effect == Effect::update && of_things;
  Map given;
  const std::set<std::string> naming = naming_inputs(back);
  for (const auto& [name, value] : shared_inputs(past.input, back)) {
    if (!updates || naming.contains(name.text())) given.set(name, value);
  }
  if (back.resource && !updates) {
    for (const auto& [field, input] : back.resource->fields) {
      if (input != "location_id") given.erase(input);
    }
  }
  if (back.resource) add_by_place(given, write, back, past.input);
  if (!id_input_of(back).empty()) given.set(id_input_of(back), TRY(id_of(write, past)));
  // Where neither is about a thing with fields, one gives what the other takes: a follower, a place in a workflow.
  if (write.effect == Effect::create || !of_things) return complete(back, {Value(std::move(given)), false, {}});
  if (!past.before.is_map()) return Error{ErrorCode::not_found, "what it was before is not known"};
  if (!back.resource || back.resource->fields.empty() || (updates && !write.resource))
    return Error{ErrorCode::not_found, "the manifest does not say what it was made of"};
  if (updates) return complete(back, TRY(PuttingBack(write, back, past).put(std::move(given))));
  for (const auto& [field, input] : back.resource->fields) {
    const Value* was = member_at(past.before, field);
    if (was != nullptr && !was->is_null() && input != id_input_of(back)) given.set(input, *was);
  }
  return complete(back, {Value(std::move(given)), false, {}});
}

void complete_inverses(Manifest& manifest, const Manifest* beside) {
  for (Action& action : manifest.actions) {
    const bool changes = action.effect == Effect::update || action.effect == Effect::remove;
    if (!action.inverse || action.inverse->before || !changes || id_input_of(action).empty()) continue;
    const Action* read = find_read_of(manifest, action);
    if (read == nullptr && beside != nullptr) read = find_read_of(*beside, action);
    if (read == nullptr) continue;
    auto inverse = std::make_shared<Inverse>(*action.inverse);
    inverse->before = Look{read->name, {}, std::nullopt};
    action.inverse = std::move(inverse);
  }
}

}  // namespace millrace
