#include "data.hpp"

#include <algorithm>
#include <memory>

#include "checking.hpp"
#include "value/schema.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::string_view state_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["locations"],
  "properties": {
    "locations": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["id"],
      "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}},
    "location_tags": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["id", "name", "locationId"],
      "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "locationId": {"type": "string"}}}},
    "social_tags": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["_id", "tag", "locationId"],
      "properties": {
        "_id": {"type": "string"}, "tag": {"type": "string"}, "locationId": {"type": "string"},
        "createdBy": {"type": "string"}, "deleted": {"type": "boolean"},
        "createdAt": {"type": "string"}, "updatedAt": {"type": "string"}}}},
    "survey_requests": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["project", "body"],
      "properties": {"project": {"type": "string"}, "body": {"type": "object"}}}}
  }
})";

/// What a state may leave out, because old tests and short ones do.
constexpr std::string_view some_moment = "2026-01-01T00:00:00.000Z";

SocialTag read_social_tag(const Value& value) {
  const Value* deleted = value.find("deleted");
  return {.id = value.text_or("_id"),
          .name = value.text_or("tag"),
          .location_id = value.text_or("locationId"),
          .created_by = value.text_or("createdBy", "user_ada"),
          .deleted = deleted && deleted->is_true(),
          .created_at = value.text_or("createdAt", some_moment),
          .updated_at = value.text_or("updatedAt", some_moment)};
}

Value as_value(const Location& location) { return Value::object({{"id", location.id}, {"name", location.name}}); }

Value as_value(const SurveyRequest& request) {
  return Value::object({{"project", request.project}, {"body", request.body}});
}

template <class Thing>
Value as_list(const std::vector<Thing>& things) {
  Value::List list;
  list.reserve(things.size());
  for (const Thing& thing : things) list.push_back(as_value(thing));
  return list;
}

template <class Thing, class Read>
void read_list(const Value& state, std::string_view name, std::vector<Thing>& things, Read read) {
  const Value* list = state.find(name);
  if (!list) return;
  for (const Value& item : list->list()) things.push_back(read(item));
}

}  // namespace

bool Data::knows_location(std::string_view id) const noexcept {
  return std::any_of(locations.begin(), locations.end(), [&](const Location& location) { return location.id == id; });
}

Value as_value(const LocationTag& tag) {
  return Value::object({{"id", tag.id}, {"name", tag.name}, {"locationId", tag.location_id}});
}

Value as_value(const SocialTag& tag) {
  return Value::object({{"tag", tag.name},
                        {"locationId", tag.location_id},
                        {"_id", tag.id},
                        {"createdBy", tag.created_by},
                        {"deleted", tag.deleted},
                        {"createdAt", tag.created_at},
                        {"updatedAt", tag.updated_at}});
}

Value as_value(const Data& data) {
  return Value::object({{"locations", as_list(data.locations)},
                        {"location_tags", as_list(data.location_tags)},
                        {"social_tags", as_list(data.social_tags)},
                        {"survey_requests", as_list(data.survey_requests)}});
}

Result<Data> read_data(const Value& value) {
  static const std::shared_ptr<const Schema> schema = schema_of(state_schema);
  const std::vector<std::string> problems = problems_of(*schema, value);
  if (!problems.empty()) return Error{ErrorCode::invalid, listed(problems)};

  Data data;
  read_list(value, "locations", data.locations, [](const Value& item) {
    return Location{.id = item.text_or("id"), .name = item.text_or("name", item.text_or("id"))};
  });
  read_list(value, "location_tags", data.location_tags, [](const Value& item) {
    return LocationTag{
        .id = item.text_or("id"), .name = item.text_or("name"), .location_id = item.text_or("locationId")};
  });
  read_list(value, "social_tags", data.social_tags, read_social_tag);
  read_list(value, "survey_requests", data.survey_requests, [](const Value& item) {
    return SurveyRequest{.project = item.text_or("project"), .body = *item.find("body")};
  });
  return data;
}

}  // namespace millrace::sandbox
