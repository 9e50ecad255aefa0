#include <algorithm>
#include <array>

#include "seed.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::array products = {"garden",      "kitchen",    "bathroom", "lighting", "flooring", "paint",
                                 "sofa",        "heating",    "roofing",  "windows",  "tiles",    "curtains",
                                 "outdoor",     "office",     "workshop", "nursery",  "bedroom",  "storage",
                                 "Küchenmöbel", "décoration", "カーテン", "мебель",   "Bäder",    "jardín"};
constexpr std::array stages = {"enquiry",   "quote sent",    "first order",  "repeat buyer",  "returned",
                               "catalogue", "price watcher", "waiting list", "fitting booked"};

/// Every product at every stage, as far as `products_used` and `stages_used` reach.
std::vector<std::string> combined(std::size_t products_used, std::size_t stages_used) {
  std::vector<std::string> names;
  for (std::size_t product = 0; product < products_used; ++product) {
    for (std::size_t stage = 0; stage < stages_used; ++stage) {
      names.push_back(std::string(products[product]) + " " + stages[stage]);
    }
  }
  return names;
}

std::vector<std::string> joined(std::vector<std::string> names, const std::vector<std::string>& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

/// Which tags the contacts carry: each at least once as long as there are enough contacts, and up to five others.
Value::List some_tags(Dice& dice, const std::vector<std::string>& names, std::size_t number) {
  Value::List tags = {names[number % names.size()]};
  for (std::size_t left = dice.below(6); left > 0; --left) {
    const Value name(dice.one_of(names));
    if (std::find(tags.begin(), tags.end(), name) == tags.end()) tags.push_back(name);
  }
  return tags;
}

Contact with(const Contact& contact, const char* first, const char* last, const char* email, bool dnd) {
  Map fields = contact.fields.map();
  fields.set("firstName", first);
  fields.set("lastName", last);
  fields.set("name", std::string(first) + " " + last);
  fields.set("email", email);
  fields.set("dnd", dnd);
  return contact_of(fields);
}

/// `carried` are the tags that contacts carry.
void add_contacts(Dice& dice, const std::string& location, std::size_t count, const std::vector<std::string>& carried,
                  std::vector<Contact>& contacts) {
  for (std::size_t number = 0; number < count; ++number) {
    contacts.push_back(some_contact(dice, location, number, some_tags(dice, carried, number)));
  }
}

/// Everything of the social planner but the first few tags.
void add_social_planner(Dice& dice, Data& data) {
  add_social_tags(dice, "loc_main",
                  {"New arrivals", "Team",           "Tips",         "Customer story", "Before and after",
                   "Garten",       "Offers",         "Events",       "Hiring",         "Holidays",
                   "Workshop",     "Sustainability", "Été",          "Q & A",          "Video",
                   "Recycling",    "Charity",        "Local heroes", "Paint bar",      "Tile week",
                   "Новинки",      "Reviews",        "Old logo",     "Campaign 2023",  "Lockdown hours",
                   "Test"},
                  data);
  const NetworkTypes networks = {{"facebook", "page"},   {"instagram", "profile"}, {"linkedin", "page"},
                                 {"google", "location"}, {"tiktok", "business"},   {"threads", "profile"}};
  add_accounts(dice, "loc_main", networks, data);
  add_accounts(dice, "loc_north", {networks.begin(), networks.begin() + 2}, data);
  add_posts(dice, "loc_main", 120, 26, data);
  add_posts(dice, "loc_north", 20, 2, data);
}

}  // namespace

Data first_world() {
  Data data;
  data.locations = {{.id = "loc_main", .name = "Main Street"}, {.id = "loc_north", .name = "North Gate"}};
  Dice dice(first_seed);
  const std::vector<std::string> main = {"vip", "newsletter", "store visit", "call back", "Größe L"};
  const std::vector<std::string> north = {"vip", "trial", "webinar 2026"};
  add_location_tags(dice, "loc_main", main, data);
  add_location_tags(dice, "loc_north", north, data);
  add_social_tags(dice, "loc_main", {"Spring sale", "Opening hours", "Christmas 2024", "日本語"}, data);
  add_social_tags(dice, "loc_north", {"Spring sale", "Team"}, data);

  const std::vector<std::string> more_main =
      joined(combined(products.size(), stages.size()),
             {"trade account", "school", "café", "hotel", "staff", "press", "charity"});
  const std::vector<std::string> more_north = combined(6, 6);
  add_location_tags(dice, "loc_main", more_main, data);
  add_location_tags(dice, "loc_north", {more_north.begin(), more_north.begin() + 34}, data);
  add_location_tags(
      dice, "loc_main",  // those that nobody carries
      {"flyer 2019", "import test", "Black Friday 2021", "old price list", "Messe Köln 2018", "do not use",
       "pop-up shop 2020", "fax list", "summer promo 2019", "webinar März 2020", "旧リスト", "temp"},
      data);
  add_location_tags(dice, "loc_north", {"opening 2019", "raffle", "Gewinnspiel 2020"}, data);

  std::vector<Contact> contacts;
  add_contacts(dice, "loc_main", 400, joined(main, more_main), contacts);
  contacts[0] = with(contacts[0], "Ada", "Lovelace", "ada@example.com", false);
  contacts[1] = with(contacts[1], "Dora", "Maar", "dora@example.com", true);
  add_contacts(dice, "loc_north", 60, joined(north, {more_north.begin(), more_north.begin() + 34}), contacts);
  Result<Contacts> all = Contacts::of(std::move(contacts));
  if (all) data.contacts = std::move(*all);

  add_social_planner(dice, data);
  add_page_tags(dice, "loc_main", {"vip", "newsletter", "promoter", "passive", "detractor", "Größe L", "trade account"},
                data);
  add_page_tags(dice, "loc_north", {"vip", "promoter"}, data);
  return data;
}

}  // namespace millrace::sandbox
