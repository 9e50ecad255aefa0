#include <algorithm>
#include <memory>

#include "checking.hpp"
#include "moment.hpp"
#include "operation.hpp"

// Where the documents are silent, the stand-in does this:
// - a post is shown on the day that it is scheduled for, else at a fixed one, so that the same requests always give the
//   same world; of several accounts it is one post;
// - a deleted post is gone, as if it had never been there, and so is a deleted account; posts on it stay.

namespace millrace::sandbox {
namespace {

constexpr std::string_view post_schema = R"({
  "type": "object", "required": ["accountIds", "type", "userId"],
  "properties": {"accountIds": {"type": "array", "items": {"type": "string"}}, "summary": {"type": "string"},
    "status": {"type": "string"}, "scheduleDate": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
    "type": {"enum": ["post", "story", "reel"]}, "userId": {"type": "string"}}
})";

std::vector<SocialPost>::iterator post_at(World& world, const Call& call, const std::string& id) {
  auto& posts = world.data.social_posts;
  return std::find_if(posts.begin(), posts.end(),
                      [&](const SocialPost& post) { return post.location_id == call.location && post.id == id; });
}

std::vector<std::string> post_problems(const Value& body) {
  static const std::shared_ptr<const Schema> schema = schema_of(post_schema);
  return problems_of(*schema, body);
}

/// The post with what a body says of it.
SocialPost with_body(const World& world, Map fields, const Value& body) {
  for (const std::string_view name : {"summary", "status", "type", "tags", "accountIds", "media"}) {
    if (const Value* said = body.find(name)) fields.set(name, *said);
  }
  if (const Value* user = body.find("userId")) fields.set("createdBy", *user);
  if (const Value* day = body.find("scheduleDate")) fields.set("displayDate", *day);
  const Value* accounts = body.find("accountIds");
  if (accounts != nullptr && !accounts->list().empty()) {
    fields.set("accountId", accounts->list().front());
    for (const SocialAccount& account : world.data.social_accounts) {
      if (account.id == accounts->list().front().text()) fields.set("platform", account.platform);
    }
  }
  return social_post_of(Value(std::move(fields)));
}

Answer create_post(World& world, const Call& call) {
  const std::vector<std::string> problems = post_problems(call.body);
  if (!problems.empty()) return unprocessable(problems);
  Map fields = Value::object({{"_id", world.dice.hexadecimal(24)},
                              {"locationId", call.location},
                              {"source", "composer"},
                              {"createdAt", some_moment},
                              {"updatedAt", some_moment}})
                   .map();
  world.data.social_posts.push_back(with_body(world, std::move(fields), call.body));
  return planner_answer(201, "Created Post", Value::object({{"post", world.data.social_posts.back().fields}}));
}

Answer no_such_post(const Call& call) { return refusal(400, "this location has no post with the id " + call.thing); }

Answer update_post(World& world, const Call& call) {
  const std::vector<std::string> problems = post_problems(call.body);
  if (!problems.empty()) return unprocessable(problems);
  const auto post = post_at(world, call, call.thing);
  if (post == world.data.social_posts.end()) return no_such_post(call);
  *post = with_body(world, post->fields.map(), call.body);
  return {200, Value::object({{"success", true}, {"statusCode", 200}, {"message", "Updated Post"}})};
}

Answer delete_post(World& world, const Call& call) {
  const auto post = post_at(world, call, call.thing);
  if (post == world.data.social_posts.end()) return no_such_post(call);
  world.data.social_posts.erase(post);
  return planner_answer(200, "Deleted Post", Value::object({{"postId", call.thing}}));
}

Answer delete_posts(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(R"({"type": "object", "required": ["postIds"],
    "properties": {"postIds": {"type": "array", "maxItems": 50, "items": {"type": "string"}}}})");
  const std::vector<std::string> problems = problems_of(*schema, call.body);
  if (!problems.empty()) return unprocessable(problems);
  std::int64_t deleted = 0;
  for (const Value& id : call.body.find("postIds")->list()) {
    const auto post = post_at(world, call, id.text());
    if (post == world.data.social_posts.end()) continue;
    world.data.social_posts.erase(post);
    ++deleted;
  }
  return planner_answer(201, "Deleted Posts", Value::object({{"message", "Deleted Posts"}, {"deletedCount", deleted}}));
}

Answer delete_account(World& world, const Call& call) {
  auto& accounts = world.data.social_accounts;
  const auto account = std::find_if(accounts.begin(), accounts.end(), [&](const SocialAccount& one) {
    return one.location_id == call.location && one.id == call.thing;
  });
  if (account == accounts.end()) return refusal(400, "this location has no account with the id " + call.thing);
  accounts.erase(account);
  return planner_answer(200, "Deleted Account", Value::object({{"locationId", call.location}, {"id", call.thing}}));
}

}  // namespace

const std::vector<Operation>& planner_write_operations() {
  constexpr std::string_view writes = "socialplanner/post.write";
  static const std::vector<Operation> operations = {
      {"POST", "/social-media-posting/{location}/posts", writes, BodyKind::json, create_post},
      {"PUT", "/social-media-posting/{location}/posts/{thing}", writes, BodyKind::json, update_post},
      {"DELETE", "/social-media-posting/{location}/posts/{thing}", writes, BodyKind::none, delete_post},
      {"POST", "/social-media-posting/{location}/posts/bulk-delete", "socialplanner/csv.write", BodyKind::json,
       delete_posts},
      {"DELETE", "/social-media-posting/{location}/accounts/{thing}", "socialplanner/account.write", BodyKind::none,
       delete_account},
  };
  return operations;
}

}  // namespace millrace::sandbox
