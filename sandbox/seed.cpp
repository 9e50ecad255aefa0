#include "seed.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::array subjects = {"newsletter", "vip",         "webinar",    "trial",     "café",      "größe L",
                                 "Kundin",     "東京",        "привет",     "façade",    "delivery",  "support",
                                 "returns",    "spring sale", "Ελλάδα",     "wholesale", "call back", "referral",
                                 "birthday",   "🎉 party",     "store visit"};
constexpr std::array qualities = {"new", "old", "2025", "2026", "hot", "cold", "north", "south", "to check", "(draft)"};
constexpr std::size_t most = 40;

std::string in_capitals(std::string text) {
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return text;
}

/// A name that is not taken yet, ignoring case. Now and then it has capitals, as people type them.
std::string new_name(Dice& dice, std::set<std::string>& taken) {
  for (;;) {
    std::string name = dice.one_of(subjects);
    if (!dice.one_in(3)) name += std::string(" ") + dice.one_of(qualities);
    if (dice.one_in(4)) name = in_capitals(name.substr(0, 1)) + name.substr(1);
    if (dice.one_in(8)) name += " " + std::to_string(dice.below(100));
    if (taken.insert(lower(name)).second) return name;
  }
}

std::vector<std::string> new_names(Dice& dice) {
  std::set<std::string> taken;
  std::vector<std::string> names;
  for (std::size_t left = dice.below(most + 1); left > 0; --left) names.push_back(new_name(dice, taken));
  return names;
}

/// Up to four of the names, now and then in capitals, or one that the location does not have.
Value::List some_tags(Dice& dice, const std::vector<std::string>& names) {
  Value::List tags;
  std::set<std::string> taken;
  for (std::size_t left = names.empty() ? 0 : dice.below(5); left > 0; --left) {
    const std::string name = dice.one_of(names);
    if (taken.insert(lower(name)).second) tags.emplace_back(dice.one_in(10) ? in_capitals(name) : name);
  }
  if (dice.one_in(20)) tags.emplace_back("left over");
  return tags;
}

void make_up(Dice& dice, const std::string& location, Data& data, std::vector<Contact>& contacts) {
  const std::vector<std::string> names = dice.one_in(8) ? std::vector<std::string>() : new_names(dice);
  add_location_tags(dice, location, names, data);
  std::vector<std::string> social = new_names(dice);
  if (!social.empty() && dice.one_in(4)) social.push_back(in_capitals(social.front()));
  add_social_tags(dice, location, social, data);
  std::set<std::string> taken;
  std::vector<std::string> page;
  for (std::size_t left = dice.below(6); left > 0; --left) page.push_back(new_name(dice, taken));
  add_page_tags(dice, location, page, data);

  const std::size_t people = dice.one_in(6) ? 0 : dice.below(61);
  for (std::size_t number = 0; number < people; ++number) {
    contacts.push_back(some_contact(dice, location, number, some_tags(dice, names)));
  }
  const NetworkTypes networks = {{"facebook", "page"},   {"instagram", "profile"}, {"linkedin", "page"},
                                 {"google", "location"}, {"tiktok", "business"},   {"linkedin", "profile"},
                                 {"youtube", "channel"}, {"threads", "profile"}};
  NetworkTypes chosen;
  for (std::size_t left = dice.below(5); left > 0; --left) chosen.push_back(dice.one_of(networks));
  add_accounts(dice, location, chosen, data);
  add_posts(dice, location, dice.below(most + 1), most, data);
}

std::string two_digits(std::size_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

std::string some_day(Dice& dice, int year, std::size_t first_month, std::size_t last_month) {
  const std::size_t month = first_month + dice.below(last_month - first_month + 1), day = 1 + dice.below(28);
  const std::size_t hour = dice.below(24), minute = dice.below(60);
  return std::to_string(year) + "-" + two_digits(month) + "-" + two_digits(day) + "T" + two_digits(hour) + ":" +
         two_digits(minute) + ":00.000Z";
}

void add_location_tags(Dice& dice, const std::string& location, const std::vector<std::string>& names, Data& data) {
  for (const std::string& name : names) {
    data.location_tags.push_back({.id = dice.location_tag_id(), .name = name, .location_id = location});
  }
}

void add_page_tags(Dice& dice, const std::string& location, const std::vector<std::string>& names, Data& data) {
  for (const std::string& name : names) {
    const std::string id = dice.social_tag_id();
    const std::string color = "#" + dice.hexadecimal(6);
    data.page_tags.push_back({.id = id,
                              .name = name,
                              .location_id = location,
                              .color = color,
                              .description = dice.one_in(3) ? Value() : Value("Kept for " + name)});
  }
}

Data seeded(std::uint64_t seed) {
  if (seed == first_seed) return first_world();
  Data data;
  data.statistics_seed = seed;
  data.locations = {{.id = "loc_main", .name = "Main Street"}, {.id = "loc_north", .name = "North Gate"}};
  Dice dice(seed);
  std::vector<Contact> contacts;
  for (const Location& location : data.locations) make_up(dice, location.id, data, contacts);
  Result<Contacts> all = Contacts::of(std::move(contacts));
  if (all) data.contacts = std::move(*all);
  return data;
}

}  // namespace millrace::sandbox
