#include "profiles.hpp"

#include <algorithm>
#include <array>

namespace millrace::statistics {

using job::Json;

namespace {

constexpr std::size_t most_profiles = 100;
constexpr std::array<std::string_view, 7> known_platforms = {"facebook",  "instagram", "linkedin", "google",
                                                             "pinterest", "youtube",   "tiktok"};

bool is_known(const std::string& platform) {
  return std::find(known_platforms.begin(), known_platforms.end(), platform) != known_platforms.end();
}

/// LinkedIn counts pages only, TikTok business accounts only.
bool counted(const std::string& platform, const std::string& type) {
  if (platform == "linkedin") return type == "page";
  if (platform == "tiktok") return type == "business";
  return true;
}

}  // namespace

std::vector<ProfileGroup> profile_groups(const Json& accounts_answer, const Platforms& wanted,
                                         std::vector<std::string>& warnings) {
  const Json* results = job::find(accounts_answer, "results");
  const Json* accounts = results != nullptr ? job::find(*results, "accounts") : nullptr;
  if (accounts == nullptr || !accounts->IsArray()) {
    throw job::Failure{"invalid", "the answer of social_accounts.list has no list \"accounts\""};
  }
  std::vector<ProfileGroup> groups;
  std::set<std::string> seen, without_statistics;
  for (const Json& account : accounts->GetArray()) {
    const std::string id = job::text_of(account, "profileId");
    const std::string platform = job::text_of(account, "platform");
    if (id.empty() || (!wanted.empty() && wanted.count(platform) == 0)) continue;
    if (!platform.empty() && !is_known(platform)) {
      without_statistics.insert(platform);
      continue;
    }
    if (!seen.insert(id).second) continue;
    if (groups.empty() || groups.back().ids.size() == most_profiles) groups.emplace_back();
    groups.back().ids.push_back(id);
    if (counted(platform, job::text_of(account, "type")) && !platform.empty()) groups.back().platforms.insert(platform);
  }
  for (const std::string& platform : without_statistics) {
    warnings.push_back("the API has no statistics of " + platform + ", so its accounts are left out");
  }
  return groups;
}

}  // namespace millrace::statistics
