#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "checking.hpp"
#include "operation.hpp"

// The integration page's own reading of the API, mounted under /page: tags can be written there, with a colour and a
// description, and statistics can be pushed. The page says no more than names, so the stand-in does this:
// - `tagId` given: the tag of that id is updated, or made with that id; left out: the tag of that name, ignoring case,
//   is updated, or made with an id of the sandbox's; 201 where it was made, else 200;
// - a colour or description that is left out stays as it is, and null takes it away;
// - a `locationId` in the body may be left out where the path has it, and must not be another;
// - any header `Version` will do; the scopes that write are the sandbox's own, because the page names none.

namespace millrace::sandbox {
namespace {

constexpr std::string_view tag_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["tagName"],
  "properties": {
    "tagName": {"type": "string", "pattern": "[^\\s]"}, "tagId": {"type": "string", "minLength": 1},
    "locationId": {"type": "string"}, "color": {"type": ["string", "null"]},
    "description": {"type": ["string", "null"]}}
})";

constexpr std::string_view statistics_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["metrics", "timestamp", "locationId"],
  "properties": {
    "metrics": {"type": "object"}, "timestamp": {"type": "string"}, "locationId": {"type": "string", "minLength": 1},
    "userCount": {"type": "integer", "minimum": 0}}
})";

Answer list_tags(World& world, const Call& call) {
  Value::List tags;
  for (const PageTag& tag : world.data.page_tags) {
    if (tag.location_id == call.location) tags.push_back(as_value(tag));
  }
  return {200, Value::object({{"tags", std::move(tags)}})};
}

/// The tag that the body is about, or nullptr for a new one.
PageTag* find_page_tag(Data& data, const Call& call) {
  const Value* id = call.body.find("tagId");
  const std::string name = lower(call.body.text_or("tagName"));
  const auto found = std::find_if(data.page_tags.begin(), data.page_tags.end(), [&](const PageTag& tag) {
    return tag.location_id == call.location && (id ? tag.id == id->text() : lower(tag.name) == name);
  });
  return found == data.page_tags.end() ? nullptr : &*found;
}

Answer push_tag(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(tag_schema);
  std::vector<std::string> problems = problems_of(*schema, call.body);
  if (problems.empty() && call.body.text_or("locationId", call.location) != call.location) {
    problems.emplace_back("locationId: must be that of the path");
  }
  if (!problems.empty()) return unprocessable(problems);

  PageTag* tag = find_page_tag(world.data, call);
  const int status = tag ? 200 : 201;
  if (!tag) {
    const Value* id = call.body.find("tagId");
    world.data.page_tags.push_back({.id = id ? id->text() : world.dice.social_tag_id(),
                                    .name = {},
                                    .location_id = call.location,
                                    .color = {},
                                    .description = {}});
    tag = &world.data.page_tags.back();
  }
  tag->name = call.body.text_or("tagName");
  if (const Value* color = call.body.find("color")) tag->color = *color;
  if (const Value* description = call.body.find("description")) tag->description = *description;
  return {status, Value::object({{"tag", as_value(*tag)}})};
}

Answer push_statistics(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(statistics_schema);
  std::vector<std::string> problems = problems_of(*schema, call.body);
  if (problems.empty()) {
    const Result<Timestamp> time = parse_timestamp(call.body.text_or("timestamp"));
    if (!time) problems.push_back("timestamp: " + time.error().message);
  }
  if (!problems.empty()) return unprocessable(problems);
  world.data.page_statistics.push_back({.location_id = call.location, .fields = call.body});
  return {201, Value::object({{"accepted", true}})};
}

Answer list_statistics(World& world, const Call& call) {
  if (call.location.empty()) return unprocessable({"locationId: must be in the query"});
  Value::List list;
  for (const PageStatistics& statistics : world.data.page_statistics) {
    if (statistics.location_id == call.location) list.push_back(statistics.fields);
  }
  return {200, Value::object({{"statistics", std::move(list)}})};
}

}  // namespace

const std::vector<Operation>& page_operations() {
  constexpr std::string_view tags = "/page/social-media-posting/{location}/tags";
  constexpr std::string_view details = "/page/social-media-posting/{location}/tags/details";
  constexpr std::string_view statistics = "/page/social-media-posting/statistics";
  constexpr LocationIn path = LocationIn::path;
  static const std::vector<Operation> operations = {
      {"GET", tags, "socialplanner/tag.readonly", BodyKind::none, list_tags, path, no_version},
      {"POST", details, "socialplanner/tag.write", BodyKind::json, push_tag, path, no_version},
      {"GET", statistics, "socialplanner/statistics.readonly", BodyKind::none, list_statistics, LocationIn::query,
       no_version},
      {"POST", statistics, "socialplanner/statistics.write", BodyKind::json, push_statistics, LocationIn::body,
       no_version},
  };
  return operations;
}

}  // namespace millrace::sandbox
