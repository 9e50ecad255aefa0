#include <array>
#include <set>

#include "base/text.hpp"
#include "data.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::array subjects = {"newsletter", "vip",         "webinar",    "trial",     "café",      "größe L",
                                 "Kundin",     "東京",        "привет",     "façade",    "delivery",  "support",
                                 "returns",    "spring sale", "Ελλάδα",     "wholesale", "call back", "referral",
                                 "birthday",   "🎉 party",     "store visit"};
constexpr std::array qualities = {"new", "old", "2025", "2026", "hot", "cold", "north", "south", "to check", "(draft)"};
constexpr std::array users = {"user_ada", "user_grace", "user_alan"};

/// A name that is not taken yet, ignoring case. Now and then it has capitals, as people type them.
std::string new_name(Dice& dice, std::set<std::string>& taken) {
  for (;;) {
    std::string name = subjects[dice.below(subjects.size())];
    if (!dice.one_in(3)) name += std::string(" ") + qualities[dice.below(qualities.size())];
    if (dice.one_in(4) && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 'a' + 'A');
    if (dice.one_in(8)) name += " " + std::to_string(dice.below(100));
    if (taken.insert(lower(name)).second) return name;
  }
}

std::string two_digits(std::size_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string some_day(Dice& dice, int year) {
  return std::to_string(year) + "-" + two_digits(1 + dice.below(12)) + "-" + two_digits(1 + dice.below(28)) + "T" +
         two_digits(dice.below(24)) + ":" + two_digits(dice.below(60)) + ":00.000Z";
}

void make_up_tags(Dice& dice, const std::string& location, Data& data) {
  std::set<std::string> taken;
  for (std::size_t left = dice.below(41); left > 0; --left) {
    data.location_tags.push_back(
        {.id = dice.location_tag_id(), .name = new_name(dice, taken), .location_id = location});
  }
  taken.clear();
  for (std::size_t left = dice.below(41); left > 0; --left) {
    data.social_tags.push_back({.id = dice.social_tag_id(),
                                .name = new_name(dice, taken),
                                .location_id = location,
                                .created_by = users[dice.below(users.size())],
                                .deleted = dice.one_in(6),
                                .created_at = some_day(dice, 2024),
                                .updated_at = some_day(dice, 2025)});
  }
}

void add_location_tags(Dice& dice, const std::string& location, const std::vector<std::string>& names, Data& data) {
  for (const std::string& name : names) {
    data.location_tags.push_back({.id = dice.location_tag_id(), .name = name, .location_id = location});
  }
}

void add_social_tags(Dice& dice, const std::string& location, const std::vector<std::string>& names, Data& data) {
  for (const std::string& name : names) {
    data.social_tags.push_back({.id = dice.social_tag_id(),
                                .name = name,
                                .location_id = location,
                                .created_by = users[dice.below(users.size())],
                                .deleted = name == "Christmas 2024",
                                .created_at = some_day(dice, 2024),
                                .updated_at = some_day(dice, 2025)});
  }
}

}  // namespace

std::uint64_t Dice::roll() noexcept {  // SplitMix64: small, and its numbers do not depend on a library
  state_ += 0x9e3779b97f4a7c15u;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

std::string Dice::letters(std::string_view alphabet, std::size_t count) {
  std::string text;
  while (text.size() < count) text += alphabet[below(alphabet.size())];
  return text;
}

std::string Dice::location_tag_id() {
  return letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 20);
}

std::string Dice::social_tag_id() { return letters("0123456789abcdef", 24); }

Data seeded(std::uint64_t seed) {
  Data data;
  data.locations = {{.id = "loc_main", .name = "Main Street"}, {.id = "loc_north", .name = "North Gate"}};
  Dice dice(seed);
  if (seed == first_seed) {
    add_location_tags(dice, "loc_main", {"vip", "newsletter", "store visit", "call back", "Größe L"}, data);
    add_location_tags(dice, "loc_north", {"vip", "trial", "webinar 2026"}, data);
    add_social_tags(dice, "loc_main", {"Spring sale", "Opening hours", "Christmas 2024", "日本語"}, data);
    add_social_tags(dice, "loc_north", {"Spring sale", "Team"}, data);
  } else {
    for (const Location& location : data.locations) make_up_tags(dice, location.id, data);
  }
  return data;
}

}  // namespace millrace::sandbox
