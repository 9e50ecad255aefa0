#include "openapi/resources.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "openapi/answer.hpp"
#include "openapi/answer_members.hpp"
#include "openapi/names.hpp"

namespace millrace {

namespace {

/// The operations on a path, and on the same path with one parameter behind it.
struct Collection {
  const Operation* list = nullptr;
  const Operation* create = nullptr;
  std::vector<const Operation*> items;  ///< get, update, replace and delete of one thing
};

/// A thing as its list shows it.
struct Thing {
  std::string list_path;  ///< where the list stands in its answer
  std::string id;         ///< the member that tells things apart
  Spot schema;
};

/// "/pets" of "/pets/{petId}"; empty where the path ends otherwise.
std::string around(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const bool one = slash != std::string::npos && slash > 0 && path.compare(slash, 2, "/{") == 0 &&
                   path.find('}', slash) == path.size() - 1;
  return one ? path.substr(0, slash) : "";
}

std::string last_parameter(const std::string& path) {
  const std::size_t open = path.rfind('{');
  return path.substr(open + 1, path.size() - open - 2);
}

/// One of them: "pets" is pet, "categories" category.
std::string singular(std::string noun) {
  if (noun.ends_with("ies")) return noun.substr(0, noun.size() - 3) + "y";
  if (noun.ends_with('s') && !noun.ends_with("ss")) noun.pop_back();
  return noun;
}

class ResourceFinder {
 public:
  ResourceFinder(Documents& documents, Map& actions) : documents_(documents), actions_(actions) {}

  void find(const std::vector<Operation>& operations) {
    std::map<std::string, Collection> collections;
    for (const Operation& operation : operations) {
      if (action_of(operation) == nullptr) continue;  // it was left out
      const std::string collection = around(operation.path), effect = effect_of(operation);
      if (!collection.empty()) {
        collections[request_key("", collection)].items.push_back(&operation);
      } else if (operation.method == "GET" && effect == "read") {
        collections[request_key("", operation.path)].list = &operation;
      } else if (operation.method == "POST" && effect == "create") {
        collections[request_key("", operation.path)].create = &operation;
      }
    }
    for (const auto& [path, collection] : collections) add(collection);
  }

 private:
  const Value* action_of(const Operation& operation) const { return actions_.find(std::string_view(operation.name)); }
  std::string effect_of(const Operation& operation) const { return action_of(operation)->text_or("effect"); }

  Spot answer_of(const Operation& operation) {
    const Answers answers = find_answers(documents_, operation);
    return answers.schemas.size() == 1 ? documents_.follow(answers.schemas.front()) : Spot();
  }

  /// The member by which a parameter tells things apart: of its own name, or "id" where it is called an id.
  std::string id_of(const Spot& schema, const std::string& parameter) {
    const Spot properties = schema.at("properties");
    if (properties.at(parameter)) return parameter;
    const std::string name = snake_case(parameter);
    if (name != "id" && !name.ends_with("_id")) return "";
    for (const std::string_view id : {"id", "_id"}) {
      if (properties.at(id)) return std::string(id);
    }
    return "";
  }

  std::optional<Thing> thing_in(const Operation& list, const std::string& parameter) {
    const Spot answer = answer_of(list);
    std::vector<Thing> found;
    const auto look = [&](const Spot& schema, const std::string& path) {
      if (!is_of_type(schema, "array")) return;
      const Spot item = documents_.follow(schema.at("items"));
      const std::string id = id_of(item, parameter);
      if (!id.empty()) found.push_back({path, id, item});
    };
    look(answer, "");
    if (const Spot properties = answer.at("properties"); properties.is_map()) {
      for (const auto& [name, schema] : properties.value->map()) {
        if (name.text().find('.') == std::string::npos)
          look(documents_.follow(properties.at(name.text())), name.text());
      }
    }
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
  }

  /// Where the thing stands in the answer to a get, create or update: as a whole, or as its one member that has the id.
  std::optional<std::string> echo_of(const Operation& operation, const std::string& id) {
    const Spot properties = answer_of(operation).at("properties");
    if (properties.at(id)) return "";
    std::vector<std::string> found;
    if (properties.is_map()) {
      for (const auto& [name, schema] : properties.value->map()) {
        const Spot member = documents_.follow(properties.at(name.text()));
        if (member.at("properties").at(id) && name.text().find('.') == std::string::npos) found.push_back(name.text());
      }
    }
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
  }

  void add(const Collection& collection) {
    if (collection.list == nullptr || collection.items.empty()) return;
    const std::string parameter = last_parameter(collection.items.front()->path);
    const auto thing = thing_in(*collection.list, parameter);
    if (!thing || thing->id.find('.') != std::string::npos) return;
    const std::string noun = collection.list->name.substr(0, collection.list->name.rfind('.'));
    kind_ = singular(noun);
    put(*collection.list, *thing, false, std::nullopt);
    if (collection.create != nullptr) add_write(*collection.create, *thing, false);
    for (const Operation* item : collection.items) {
      const std::string effect = effect_of(*item);
      if (effect == "read" && item->method == "GET") {
        if (const auto echo = echo_of(*item, thing->id)) put(*item, *thing, true, echo);
      } else if (effect == "delete") {
        put(*item, *thing, true, std::nullopt);
      } else if (effect == "update") {
        add_write(*item, *thing, true);
      }
    }
    add_inverses(collection, *thing);
  }

  /// What one of them does another takes back, where it can be told which thing is meant and what it was made of: an
  /// id in the answer to a create, and a get that shows what a change or a delete takes away.
  void add_inverses(const Collection& collection, const Thing& thing) {
    const auto first = [&](auto fits) -> const Operation* {
      const auto found = std::find_if(collection.items.begin(), collection.items.end(), fits);
      return found == collection.items.end() ? nullptr : *found;
    };
    const auto is_thing = [this](const Operation* each) { return action_of(*each)->find("resource") != nullptr; };
    const Operation* get = first([&](const Operation* each) { return effect_of(*each) == "read" && is_thing(each); });
    const Operation* remove = first([this](const Operation* each) { return effect_of(*each) == "delete"; });
    const Operation* create = collection.create;
    if (create != nullptr && !is_thing(create)) create = nullptr;
    if (create != nullptr && remove != nullptr && echo_of(*create, thing.id)) take_back(*create, *remove);
    if (get == nullptr) return;
    if (create != nullptr && remove != nullptr) take_back(*remove, *create);
    for (const Operation* item : collection.items) {
      if (effect_of(*item) == "update" && is_thing(item)) take_back(*item, *item);
    }
  }

  void take_back(const Operation& operation, const Operation& by) {
    Map action = action_of(operation)->map();
    action.set("inverse", by.name);
    actions_.set(Value(operation.name), std::move(action));
  }

  /// What sets nothing that the thing is known to have would show the thing as it was: that is no part of it.
  void add_write(const Operation& operation, const Thing& thing, bool one) {
    if (!fields_of(operation, thing).empty()) put(operation, thing, one, echo_of(operation, thing.id));
  }

  Map fields_of(const Operation& operation, const Thing& thing) const {
    Map fields;
    const Value* body = action_of(operation)->find("request")->find("body");
    if (body == nullptr || !body->is_map()) return fields;
    for (const auto& [name, input] : body->map()) {
      if (input.is_text() && thing.schema.at("properties").at(name.text())) fields.set(name, input);
    }
    return fields;
  }

  void put(const Operation& operation, const Thing& thing, bool one, const std::optional<std::string>& echo) {
    Map action = action_of(operation)->map();
    const std::string path = action.find("request")->text_or("path");
    Map resource;
    resource.set("kind", kind_);
    resource.set("collection", one ? around(path) : path);
    resource.set("id", thing.id);
    if (one) resource.set("id_input", last_parameter(path));
    if (!one && operation.method == "GET" && !thing.list_path.empty()) resource.set("list_path", thing.list_path);
    if (echo && !echo->empty()) resource.set("echo", *echo);
    if (Map fields = fields_of(operation, thing); !fields.empty()) resource.set("fields", std::move(fields));
    if (operation.method == "PUT" && !fields_of(operation, thing).empty()) resource.set("replaces", true);
    action.set("resource", std::move(resource));
    actions_.set(Value(operation.name), std::move(action));
  }

  Documents& documents_;
  Map& actions_;
  std::string kind_;
};

}  // namespace

void add_resources(Documents& documents, const std::vector<Operation>& operations, Map& actions) {
  ResourceFinder(documents, actions).find(operations);
}

}  // namespace millrace
