#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <set>

#include "base/text.hpp"
#include "checking.hpp"
#include "moment.hpp"
#include "operation.hpp"

// Where the documents are silent, the stand-in does this:
// - a post lies in the asked time by its displayDate, both ends included; the newest comes first;
// - the types `all` and `recent` mean every post but deleted ones, each other type the posts of that status;
// - with includeUsers "true" a post tells who made it, where that is one of the sandbox's people;
// - there is no largest page; `count` is how many posts fit on all pages.

namespace millrace::sandbox {
namespace {

constexpr std::string_view list_schema = R"({
  "type": "object", "required": ["skip", "limit", "fromDate", "toDate", "includeUsers"],
  "properties": {
    "type": {"enum": ["recent", "all", "scheduled", "draft", "failed", "in_review", "published", "in_progress",
                      "deleted", "pending"]},
    "accounts": {"type": "string"}, "postType": {"type": "string"},
    "skip": {"type": "string"}, "limit": {"type": "string"},
    "fromDate": {"type": "string"}, "toDate": {"type": "string"}, "includeUsers": {"enum": ["true", "false"]}}
})";

struct Person {
  std::string_view id, first_name, last_name;
};
constexpr std::array people = {Person{"user_ada", "Ada", "Lovelace"}, Person{"user_grace", "Grace", "Hopper"},
                               Person{"user_alan", "Alan", "Turing"}};

/// What a list of posts is asked for.
struct WantedPosts {
  std::string type, post_type;
  std::set<std::string> accounts;  ///< empty for all
  std::int64_t from = 0, to = 0;
  std::size_t skip = 0, limit = 0;
};

std::int64_t read_date(const Value& body, std::string_view name, std::vector<std::string>& problems) {
  const Result<Timestamp> time = parse_timestamp(body.text_or(name));
  if (time) return milliseconds(*time);
  problems.push_back(std::string(name) + ": " + time.error().message);
  return 0;
}

WantedPosts read_wanted_posts(const Value& body, std::vector<std::string>& problems) {
  WantedPosts wanted;
  wanted.type = body.text_or("type", "all");
  wanted.post_type = body.text_or("postType");
  for (const std::string& account : split(body.text_or("accounts"), ',')) {
    if (!trim(account).empty()) wanted.accounts.emplace(trim(account));
  }
  wanted.from = read_date(body, "fromDate", problems);
  wanted.to = read_date(body, "toDate", problems);
  wanted.skip = read_number(body.text_or("skip"), "skip", 0, problems);
  wanted.limit = read_number(body.text_or("limit"), "limit", 0, problems);
  return wanted;
}

bool by_account(const SocialPost& post, const std::set<std::string>& accounts) {
  const Value* ids = post.fields.find("accountIds");
  if (!ids || !ids->is_list()) return accounts.count(post.fields.text_or("accountId")) != 0;
  return std::any_of(ids->list().begin(), ids->list().end(),
                     [&](const Value& id) { return accounts.count(id.text()) != 0; });
}

bool fits(const SocialPost& post, const std::string& location, const WantedPosts& wanted) {
  if (post.location_id != location || post.shown < wanted.from || post.shown > wanted.to) return false;
  const bool any = wanted.type == "all" || wanted.type == "recent";
  if (any ? post.status == "deleted" : post.status != wanted.type) return false;
  if (!wanted.post_type.empty() && post.type != wanted.post_type) return false;
  return wanted.accounts.empty() || by_account(post, wanted.accounts);
}

Value with_user(const SocialPost& post) {
  const std::string maker = post.fields.text_or("createdBy");
  const auto found =
      std::find_if(people.begin(), people.end(), [&](const Person& person) { return person.id == maker; });
  if (found == people.end()) return post.fields;
  const std::string first(found->first_name), last(found->last_name);
  Map fields = post.fields.map();
  fields.set("user", Value::object({{"id", found->id},
                                    {"title", first + " " + last},
                                    {"firstName", first},
                                    {"lastName", last},
                                    {"profilePhoto", ""},
                                    {"phone", ""},
                                    {"email", lower(first) + "@example.com"}}));
  return fields;
}

Answer list_posts(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(list_schema);
  std::vector<std::string> problems = problems_of(*schema, call.body);
  if (!problems.empty()) return unprocessable(problems);
  const WantedPosts wanted = read_wanted_posts(call.body, problems);
  if (!problems.empty()) return unprocessable(problems);

  std::vector<const SocialPost*> fitting;
  for (const SocialPost& post : world.data.social_posts) {
    if (fits(post, call.location, wanted)) fitting.push_back(&post);
  }
  std::stable_sort(fitting.begin(), fitting.end(),
                   [](const SocialPost* left, const SocialPost* right) { return left->shown > right->shown; });
  const bool users = call.body.text_or("includeUsers") == "true";
  Value::List page;
  for (std::size_t at = wanted.skip; at < fitting.size() && page.size() < wanted.limit; ++at) {
    page.push_back(users ? with_user(*fitting[at]) : fitting[at]->fields);
  }
  const auto count = static_cast<std::int64_t>(fitting.size());
  return planner_answer(201, "Fetched Posts", Value::object({{"posts", std::move(page)}, {"count", count}}));
}

Answer get_post(World& world, const Call& call) {
  for (const SocialPost& post : world.data.social_posts) {
    if (post.location_id != call.location || post.id != call.thing) continue;
    return planner_answer(200, "Fetched Post", Value::object({{"post", post.fields}}));
  }
  return refusal(400, "this location has no post with the id " + call.thing);
}

}  // namespace

const std::vector<Operation>& post_operations() {
  static const std::vector<Operation> operations = {
      {"POST", "/social-media-posting/{location}/posts/list", "socialplanner/post.readonly", BodyKind::json,
       list_posts},
      {"GET", "/social-media-posting/{location}/posts/{thing}", "socialplanner/post.readonly", BodyKind::none,
       get_post},
  };
  return operations;
}

}  // namespace millrace::sandbox
