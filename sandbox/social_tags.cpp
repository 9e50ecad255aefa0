#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "checking.hpp"
#include "operation.hpp"

// Where the documents are silent, the stand-in does this:
// - a page without `limit` holds ten tags, as in the documents' example; there is no largest page;
// - tags come in the order in which they were made, those marked as deleted among them;
// - `count` is how many tags fit the search on all pages;
// - ids that do not exist, or belong to another location, are left out.

namespace millrace::sandbox {
namespace {

constexpr std::size_t usual_page = 10;
constexpr std::string_view tag_search_schema = R"({
  "type": "object", "required": ["tagIds"],
  "properties": {"tagIds": {"type": "array", "items": {"type": "string"}}}
})";

Answer tags_answer(int status, std::string_view message, Value::List tags, std::size_t count) {
  return planner_answer(status, message,
                        Value::object({{"tags", std::move(tags)}, {"count", static_cast<std::int64_t>(count)}}));
}

Answer list_social_tags(World& world, const Call& call) {
  std::vector<std::string> problems;
  const std::size_t skip = read_number(call.asked("skip"), "skip", 0, problems);
  const std::size_t limit = read_number(call.asked("limit"), "limit", usual_page, problems);
  if (!problems.empty()) return unprocessable(problems);

  const std::string wanted = lower(call.asked("searchText").value_or(""));
  Value::List page;
  std::size_t count = 0;
  for (const SocialTag& tag : world.data.social_tags) {
    if (tag.location_id != call.location || lower(tag.name).find(wanted) == std::string::npos) continue;
    if (count >= skip && page.size() < limit) page.push_back(as_value(tag));
    ++count;
  }
  return tags_answer(200, "Tags of the location", std::move(page), count);
}

Answer get_many(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(tag_search_schema);
  const std::vector<std::string> problems = problems_of(*schema, call.body);
  if (!problems.empty()) return unprocessable(problems);

  Value::List tags;
  for (const Value& id : call.body.find("tagIds")->list()) {
    const auto found =
        std::find_if(world.data.social_tags.begin(), world.data.social_tags.end(),
                     [&](const SocialTag& tag) { return tag.location_id == call.location && tag.id == id.text(); });
    if (found != world.data.social_tags.end()) tags.push_back(as_value(*found));
  }
  const std::size_t count = tags.size();
  return tags_answer(201, "Tags by their ids", std::move(tags), count);
}

}  // namespace

const std::vector<Operation>& social_tag_operations() {
  static const std::vector<Operation> operations = {
      {"GET", "/social-media-posting/{location}/tags", "socialplanner/tag.readonly", BodyKind::none, list_social_tags},
      {"POST", "/social-media-posting/{location}/tags/details", "socialplanner/tag.readonly", BodyKind::json, get_many},
  };
  return operations;
}

}  // namespace millrace::sandbox
