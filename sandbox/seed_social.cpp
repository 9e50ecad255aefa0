#include <algorithm>
#include <array>

#include "seed.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::array openings = {
    "New in",        "Last chance for", "Behind the scenes:", "Meet", "Your questions about", "Today only:",
    "Neu im Laden:", "新商品:"};
constexpr std::array themes = {"our garden range", "the paint bar", "handmade tiles", "the repair café",
                               "winter lighting",  "Küchenmöbel",   "our team",       "the summer market"};

std::string status_of(Dice& dice) {
  const std::size_t number = dice.below(20);
  if (number == 0) return "failed";
  if (number == 1) return "draft";
  if (number == 2) return "deleted";
  return number < 5 ? "scheduled" : "published";
}

std::vector<std::string> tags_of(const std::string& location, std::size_t usable, const Data& data) {
  std::vector<std::string> ids;
  for (const SocialTag& tag : data.social_tags) {
    if (tag.location_id == location && ids.size() < usable) ids.push_back(tag.id);
  }
  return ids;
}

Value some_ids(Dice& dice, const std::vector<std::string>& ids) {
  Value::List list;
  for (std::size_t left = ids.empty() ? 0 : dice.below(4); left > 0; --left) {
    const Value id(dice.one_of(ids));
    if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
  }
  return list;
}

Value some_post(Dice& dice, const SocialAccount& account, const std::vector<std::string>& tags) {
  const std::string status = status_of(dice);
  const bool ahead = status == "scheduled" || status == "draft";
  const std::string id = dice.hexadecimal(24);
  const std::string shown = ahead ? some_day(dice, 2026, 12, 12) : some_day(dice, 2026, 2, 10);
  Map fields;
  fields.set("_id", id);
  fields.set("source", dice.one_in(10) ? "csv" : "composer");
  fields.set("locationId", account.location_id);
  fields.set("platform", account.platform);
  fields.set("displayDate", shown);
  fields.set("createdAt", some_day(dice, 2026, 1, 1));
  fields.set("updatedAt", shown);
  fields.set("accountId", account.id);
  fields.set("accountIds", Value::List{account.id});
  fields.set("error", status == "failed" ? "Failed due to auth token" : "");
  if (status == "published") {
    fields.set("postId", dice.letters_and_digits(12));
    fields.set("publishedAt", shown);
  }
  const std::string opening = dice.one_of(openings);
  fields.set("summary", opening + " " + dice.one_of(themes));
  fields.set("media", Value::List());
  fields.set("status", status);
  fields.set("createdBy", std::string(some_users[dice.below(std::size(some_users))]));
  fields.set("type", dice.one_in(8) ? "story" : "post");
  fields.set("tags", some_ids(dice, tags));
  return fields;
}

}  // namespace

void add_social_tags(Dice& dice, const std::string& location, const std::vector<std::string>& names, Data& data) {
  for (const std::string& name : names) {
    SocialTag tag;
    tag.id = dice.social_tag_id();
    tag.name = name;
    tag.location_id = location;
    tag.created_by = some_users[dice.below(std::size(some_users))];
    tag.deleted = name == "Christmas 2024" || (names.size() > 4 && dice.one_in(6));
    tag.created_at = some_day(dice, 2024);
    tag.updated_at = some_day(dice, 2025);
    data.social_tags.push_back(std::move(tag));
  }
}

void add_accounts(Dice& dice, const std::string& location, const NetworkTypes& networks, Data& data) {
  for (const auto& [network, type] : networks) {
    const std::string oauth = dice.hexadecimal(24), profile = dice.hexadecimal(24);
    Map fields;
    fields.set("id", oauth + "_" + location + "_" + profile);
    fields.set("oauthId", oauth);
    fields.set("profileId", profile);
    fields.set("name", (location == "loc_main" ? "Main Street on " : "North Gate on ") + network);
    fields.set("platform", network);
    fields.set("type", type);
    fields.set("expire", "2027-01-31T00:00:00.000Z");
    fields.set("isExpired", false);
    fields.set("meta", Map());
    fields.set("locationId", location);
    data.social_accounts.push_back(social_account_of(fields));
  }
}

void add_posts(Dice& dice, const std::string& location, std::size_t count, std::size_t usable_tags, Data& data) {
  std::vector<const SocialAccount*> accounts;
  for (const SocialAccount& account : data.social_accounts) {
    if (account.location_id == location) accounts.push_back(&account);
  }
  if (accounts.empty()) return;
  const std::vector<std::string> tags = tags_of(location, usable_tags, data);
  for (; count > 0; --count) data.social_posts.push_back(social_post_of(some_post(dice, *dice.one_of(accounts), tags)));
}

}  // namespace millrace::sandbox
