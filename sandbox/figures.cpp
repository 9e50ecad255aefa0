#include "figures.hpp"

#include <algorithm>

#include "dice.hpp"
#include "trace.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::int64_t first_day = 19'723;  // 2024-01-01: before it nobody followed more than at its end

std::int64_t up_to(Dice& dice, std::int64_t limit) {
  return static_cast<std::int64_t>(dice.below(static_cast<std::size_t>(limit) + 1));
}

}  // namespace

Figures& Figures::operator+=(const Figures& more) {
  posts += more.posts;
  likes += more.likes;
  comments += more.comments;
  shares += more.shares;
  impressions += more.impressions;
  reach += more.reach;
  followers += more.followers;
  return *this;
}

Figures figures_of(std::uint64_t seed, const std::string& profile, std::int64_t day) {
  const std::uint64_t identity = hash_of(profile, seed);
  Dice account(identity);
  const std::int64_t size = 200 + up_to(account, 4'000), a_week = up_to(account, 40);

  Dice dice(identity ^ hash_of(std::to_string(day)));
  Figures figures;
  figures.followers = size + a_week * std::max<std::int64_t>(0, day - first_day) / 7;
  figures.posts = up_to(dice, 3);
  figures.reach = size / 20 + up_to(dice, size / 4);
  figures.impressions = figures.reach + up_to(dice, figures.reach);
  figures.likes = up_to(dice, figures.impressions / 10);
  figures.comments = up_to(dice, figures.likes / 4);
  figures.shares = up_to(dice, figures.likes / 6);
  return figures;
}

}  // namespace millrace::sandbox
