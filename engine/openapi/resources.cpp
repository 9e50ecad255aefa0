#include "openapi/resources.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "base/printable.hpp"
#include "base/text.hpp"
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

using Members = std::map<std::string, Spot>;

/// A thing as it is shown.
struct Thing {
  std::string list_path;  ///< where the list stands in its answer
  std::string id;         ///< the member that tells things apart
  Members shown;          ///< by its list, and by the get where there is one
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

  /// The members of what an answer shows. What can only be written is in none, so nobody could put it back as it was.
  Members shown_in(const Spot& schema) {
    Members members = own_members(documents_, schema);
    std::erase_if(members, [this](const auto& each) { return is_marked(documents_, each.second, "writeOnly"); });
    return members;
  }

  /// The member by which a parameter tells things apart: of its own name, or "id" where it is called an id.
  static std::string id_of(const Members& members, const std::string& parameter) {
    if (members.contains(parameter)) return parameter;
    const std::string name = snake_case(parameter);
    if (name != "id" && !name.ends_with("_id")) return "";
    for (const char* id : {"id", "_id"}) {
      if (members.contains(id)) return id;
    }
    return "";
  }

  std::optional<Thing> thing_in(const Operation& list, const std::string& parameter) {
    const Spot answer = answer_of(list);
    std::vector<Thing> found;
    const auto look = [&](const Spot& schema, const std::string& path) {
      if (!is_of_type(schema, "array")) return;
      Members shown = shown_in(schema.at("items"));
      const std::string id = id_of(shown, parameter);
      if (!id.empty()) found.push_back({path, id, std::move(shown)});
    };
    look(answer, "");
    for (const auto& [name, schema] : own_members(documents_, answer)) {
      if (name.find('.') == std::string::npos) look(documents_.follow(schema), name);
    }
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
  }

  /// A thing in the answer to a get, create or update.
  struct Echo {
    std::string path;  ///< empty: it is the answer as a whole
    Members shown;
  };

  /// Where it stands there: as a whole, or as its one member that has the id.
  std::optional<Echo> echo_of(const Operation& operation, const std::string& id) {
    Members whole = shown_in(answer_of(operation));
    if (whole.contains(id)) return Echo{"", std::move(whole)};
    std::vector<Echo> found;
    for (const auto& [name, schema] : whole) {
      Members members = shown_in(schema);
      if (members.contains(id) && name.find('.') == std::string::npos) found.push_back({name, std::move(members)});
    }
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
  }

  void add(const Collection& collection) {
    if (collection.list == nullptr || collection.items.empty()) return;
    const std::string parameter = last_parameter(collection.items.front()->path);
    auto thing = thing_in(*collection.list, parameter);
    if (!thing || thing->id.find('.') != std::string::npos) return tell_none(collection);
    for (const Operation* item : collection.items) {
      if (auto echo = item->method == "GET" ? echo_of(*item, thing->id) : std::nullopt) thing->shown.merge(echo->shown);
    }
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

  /// Where things are listed, read and written, people would look for an undo.
  void tell_none(const Collection& collection) {
    const auto is_get = [](const Operation* each) { return each->method == "GET"; };
    const auto& items = collection.items;
    const bool read = std::any_of(items.begin(), items.end(), is_get) && answer_of(*collection.list);
    const bool written = collection.create != nullptr || !std::all_of(items.begin(), items.end(), is_get);
    if (!read || !written) return;
    documents_.tell(Severity::hint, "no-resource", collection.list->spot,
                    "it is not clear which list shows these things with the id that " +
                        printable(shortened(items.front()->path, 200)) +
                        " goes on with: they are no resource, and nothing takes back what is done to them");
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
      if (input.is_text() && thing.shown.contains(name.text())) fields.set(name, input);
    }
    return fields;
  }

  void put(const Operation& operation, const Thing& thing, bool one, const std::optional<Echo>& echo) {
    Map action = action_of(operation)->map();
    const std::string path = action.find("request")->text_or("path");
    Map resource;
    resource.set("kind", kind_);
    resource.set("collection", one ? around(path) : path);
    resource.set("id", thing.id);
    if (one) resource.set("id_input", last_parameter(path));
    if (!one && operation.method == "GET" && !thing.list_path.empty()) resource.set("list_path", thing.list_path);
    if (echo && !echo->path.empty()) resource.set("echo", echo->path);
    Map fields = fields_of(operation, thing);
    const bool replaces = operation.method == "PUT" && !fields.empty();
    if (!fields.empty()) resource.set("fields", std::move(fields));
    if (replaces) resource.set("replaces", true);
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
