#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "checking.hpp"
#include "operation.hpp"

// Where the documents are silent, the stand-in does this:
// - a tag id that does not exist is answered with 400, because 404 is not among the documented statuses;
// - a name that another tag of the location has, ignoring case, is refused with 400; a tag may keep or re-case its own
// name;
// - a name is kept as it was sent, letter by letter; one of nothing but blanks is refused with 422.

namespace millrace::sandbox {
namespace {

constexpr std::string_view body_schema =
    R"({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}})";

LocationTag* find_tag(Data& data, const Call& call) {
  const auto found = std::find_if(data.location_tags.begin(), data.location_tags.end(), [&](const LocationTag& tag) {
    return tag.location_id == call.location && tag.id == call.thing;
  });
  return found == data.location_tags.end() ? nullptr : &*found;
}

bool name_taken(const Data& data, const Call& call, const std::string& name) {
  const std::string wanted = lower(name);
  return std::any_of(data.location_tags.begin(), data.location_tags.end(), [&](const LocationTag& tag) {
    return tag.location_id == call.location && tag.id != call.thing && lower(tag.name) == wanted;
  });
}

std::vector<std::string> body_problems(const Value& body) {
  static const std::shared_ptr<const Schema> schema = schema_of(body_schema);
  std::vector<std::string> problems = problems_of(*schema, body);
  if (problems.empty() && trim(body.text_or("name")).empty()) problems.emplace_back("name: must not be empty");
  return problems;
}

Answer no_such_tag(const Call& call) { return refusal(400, "this location has no tag with the id " + call.thing); }
Answer taken(const std::string& name) { return refusal(400, "this location already has a tag named " + name); }
Answer tag_answer(const LocationTag& tag) { return {200, Value::object({{"tag", as_value(tag)}})}; }

std::string unused_id(const Data& data, Dice& dice) {
  for (;;) {
    std::string id = dice.location_tag_id();
    const bool used = std::any_of(data.location_tags.begin(), data.location_tags.end(),
                                  [&](const LocationTag& tag) { return tag.id == id; });
    if (!used) return id;
  }
}

Answer list_location_tags(World& world, const Call& call) {
  Value::List tags;
  for (const LocationTag& tag : world.data.location_tags) {
    if (tag.location_id == call.location) tags.push_back(as_value(tag));
  }
  return {200, Value::object({{"tags", std::move(tags)}})};
}

Answer get_location_tag(World& world, const Call& call) {
  const LocationTag* tag = find_tag(world.data, call);
  return tag ? tag_answer(*tag) : no_such_tag(call);
}

Answer create(World& world, const Call& call) {
  const std::vector<std::string> problems = body_problems(call.body);
  if (!problems.empty()) return unprocessable(problems);
  const std::string name = call.body.text_or("name");
  if (name_taken(world.data, call, name)) return taken(name);
  world.data.location_tags.push_back(
      {.id = unused_id(world.data, world.dice), .name = name, .location_id = call.location});
  return tag_answer(world.data.location_tags.back());
}

Answer update(World& world, const Call& call) {
  const std::vector<std::string> problems = body_problems(call.body);
  if (!problems.empty()) return unprocessable(problems);
  LocationTag* tag = find_tag(world.data, call);
  if (!tag) return no_such_tag(call);
  const std::string name = call.body.text_or("name");
  if (name_taken(world.data, call, name)) return taken(name);
  tag->name = name;
  return tag_answer(*tag);
}

Answer remove(World& world, const Call& call) {
  const LocationTag* tag = find_tag(world.data, call);
  if (!tag) return no_such_tag(call);
  world.data.location_tags.erase(world.data.location_tags.begin() + (tag - world.data.location_tags.data()));
  return {200, Value::object({{"succeded", true}})};
}

}  // namespace

const std::vector<Operation>& location_tag_operations() {
  static const std::vector<Operation> operations = {
      {"GET", "/locations/{location}/tags", "locations/tags.readonly", BodyKind::none, list_location_tags},
      {"POST", "/locations/{location}/tags", "locations/tags.write", BodyKind::json, create},
      {"GET", "/locations/{location}/tags/{thing}", "locations/tags.readonly", BodyKind::none, get_location_tag},
      {"PUT", "/locations/{location}/tags/{thing}", "locations/tags.write", BodyKind::json, update},
      {"DELETE", "/locations/{location}/tags/{thing}", "locations/tags.write", BodyKind::none, remove},
  };
  return operations;
}

}  // namespace millrace::sandbox
