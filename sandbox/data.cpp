#include "data.hpp"

#include <algorithm>
#include <memory>

#include "checking.hpp"
#include "moment.hpp"
#include "schema/schema.hpp"
#include "state_schema.hpp"

namespace millrace::sandbox {
namespace {

Value as_value(const Location& location) { return Value::object({{"id", location.id}, {"name", location.name}}); }

Value as_value(const SurveyRequest& request) {
  return Value::object({{"project", request.project}, {"body", request.body}});
}

Value as_value(const Contact& contact) { return contact.fields; }
Value as_value(const SocialAccount& account) { return account.fields; }
Value as_value(const SocialPost& post) { return post.fields; }
Value as_value(const PageStatistics& statistics) { return statistics.fields; }

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
  things.reserve(list->list().size());
  for (const Value& item : list->list()) things.push_back(read(item));
}

Location location_of(const Value& value) {
  return {.id = value.text_or("id"), .name = value.text_or("name", value.text_or("id"))};
}

LocationTag location_tag_of(const Value& value) {
  return {.id = value.text_or("id"), .name = value.text_or("name"), .location_id = value.text_or("locationId")};
}

SocialTag social_tag_of(const Value& value) {
  const Value* deleted = value.find("deleted");
  return {.id = value.text_or("_id"),
          .name = value.text_or("tag"),
          .location_id = value.text_or("locationId"),
          .created_by = value.text_or("createdBy", "user_ada"),
          .deleted = deleted && deleted->is_true(),
          .created_at = value.text_or("createdAt", some_moment),
          .updated_at = value.text_or("updatedAt", some_moment)};
}

Value or_null(const Value* value) { return value ? *value : Value(); }

PageTag page_tag_of(const Value& value) {
  return {.id = value.text_or("tagId"),
          .name = value.text_or("tagName"),
          .location_id = value.text_or("locationId"),
          .color = or_null(value.find("color")),
          .description = or_null(value.find("description"))};
}

/// `fields` with the members of `usual` that it lacks behind its own.
Map completed(const Value& fields, std::initializer_list<std::pair<const char*, Value>> usual) {
  Map map = fields.map();
  for (const auto& [name, value] : usual) {
    if (!map.find(name)) map.set(name, value);
  }
  return map;
}

}  // namespace

bool Data::knows_location(std::string_view id) const noexcept {
  return std::any_of(locations.begin(), locations.end(), [&](const Location& location) { return location.id == id; });
}

Timestamp Data::time() const { return now ? *now : now_utc(); }

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

Value as_value(const PageTag& tag) {
  return Value::object({{"tagName", tag.name},
                        {"tagId", tag.id},
                        {"locationId", tag.location_id},
                        {"color", tag.color},
                        {"description", tag.description}});
}

SocialAccount social_account_of(const Value& fields) {
  return {.id = fields.text_or("id"),
          .profile_id = fields.text_or("profileId"),
          .platform = fields.text_or("platform"),
          .type = fields.text_or("type"),
          .location_id = fields.text_or("locationId"),
          .fields = fields};
}

SocialPost social_post_of(const Value& fields) {
  Map map = completed(fields, {{"error", ""},
                               {"type", "post"},
                               {"status", "published"},
                               {"displayDate", some_moment},
                               {"tags", Value::List()}});
  return {.id = fields.text_or("_id"),
          .location_id = fields.text_or("locationId"),
          .status = map.find("status")->text(),
          .type = map.find("type")->text(),
          .shown = milliseconds(map.find("displayDate")->text()),
          .fields = std::move(map)};
}

Value as_value(const Data& data) {
  Map state = Value::object({{"now", data.now ? Value(render(*data.now)) : Value()},
                             {"statistics_seed", static_cast<std::int64_t>(data.statistics_seed)},
                             {"locations", as_list(data.locations)},
                             {"location_tags", as_list(data.location_tags)},
                             {"social_tags", as_list(data.social_tags)},
                             {"contacts", as_list(data.contacts.all())},
                             {"social_accounts", as_list(data.social_accounts)},
                             {"social_posts", as_list(data.social_posts)},
                             {"page_tags", as_list(data.page_tags)},
                             {"page_statistics", as_list(data.page_statistics)},
                             {"survey_requests", as_list(data.survey_requests)}})
                  .map();
  Map shelves;
  for (const auto& [name, things] : data.shelves) shelves.set(Value(name), Value(things));
  if (!shelves.empty()) state.set("shelves", std::move(shelves));
  return state;
}

Result<std::optional<Timestamp>> read_now(const Value& value) {
  if (value.is_null()) return std::optional<Timestamp>();
  const Timestamp time = TRY(parse_timestamp(value.text()));
  return std::optional<Timestamp>(time);
}

Result<Data> read_data(const Value& value) {
  static const std::shared_ptr<const Schema> schema = schema_of(state_schema);
  const std::vector<std::string> problems = problems_of(*schema, value);
  if (!problems.empty()) return Error{ErrorCode::invalid, listed(problems)};

  Data data;
  if (const Value* now = value.find("now")) data.now = TRY(read_now(*now));
  if (const Value* seed = value.find("statistics_seed")) {
    data.statistics_seed = static_cast<std::uint64_t>(whole_number(*seed));
  }
  read_list(value, "locations", data.locations, location_of);
  read_list(value, "location_tags", data.location_tags, location_tag_of);
  read_list(value, "social_tags", data.social_tags, social_tag_of);
  if (const Value* list = value.find("contacts")) {
    for (const Value& item : list->list()) {
      if (const std::optional<std::string> problem = problem_of(item)) return Error{ErrorCode::invalid, *problem};
    }
  }
  std::vector<Contact> contacts;
  read_list(value, "contacts", contacts, contact_of);
  data.contacts = TRY(Contacts::of(std::move(contacts)));
  read_list(value, "social_accounts", data.social_accounts, social_account_of);
  read_list(value, "social_posts", data.social_posts, social_post_of);
  read_list(value, "page_tags", data.page_tags, page_tag_of);
  read_list(value, "page_statistics", data.page_statistics, [](const Value& item) {
    return PageStatistics{.location_id = item.text_or("locationId"), .fields = item};
  });
  read_list(value, "survey_requests", data.survey_requests, [](const Value& item) {
    return SurveyRequest{.project = item.text_or("project"), .body = *item.find("body")};
  });
  if (const Value* shelves = value.find("shelves")) {
    for (const auto& [name, things] : shelves->map()) data.shelves.emplace(name.text(), things.list());
  }
  return data;
}

}  // namespace millrace::sandbox
