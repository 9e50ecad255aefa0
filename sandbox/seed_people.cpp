#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "seed.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::array first_names = {"Amelia", "Ben",     "Chloé",   "Dmitri", "Elif",  "Farid", "Grete",
                                    "Hannah", "Ivo",     "Jürgen",  "Keiko",  "Liam",  "Marta", "Nadia",
                                    "Omar",   "Priya",   "Quentin", "Rosa",   "Søren", "Tomás", "Uma",
                                    "Vera",   "William", "Ximena",  "Yusuf",  "Zoë"};
constexpr std::array last_names = {"Abbott",  "Bennett", "Castillo", "Dubois", "Eriksson", "Fischer", "García",
                                   "Hughes",  "Ivanova", "Jensen",   "Kumar",  "López",    "Müller",  "Nowak",
                                   "O'Brien", "Petrov",  "Quinn",    "Rossi",  "Schmidt",  "Tanaka",  "Ueda",
                                   "Varga",   "Wójcik",  "Young",    "Zhang"};
constexpr std::array companies = {"Harbour Lane Interiors",  "Bright & Sons",   "Café Linden",
                                  "Oakfield Primary School", "Müller Bau GmbH", "Northwind Hotels"};
constexpr std::array sources = {"website", "store", "facebook", "referral", "csv import"};
constexpr std::array countries = {"GB", "DE", "FR", "ES", "US"};

std::string three_digits(std::size_t number) {
  const std::string digits = std::to_string(number % 1000);
  return std::string(3 - digits.size(), '0') + digits;
}

/// first.last7@example.com, or guest7@example.com where the names need more than ASCII.
std::string email_of(const std::string& first, const std::string& last, std::size_t number) {
  std::string name = lower(first + "." + last);
  const bool plain = std::all_of(name.begin(), name.end(), [](char letter) { return letter > 0 && letter != '\''; });
  return (plain ? name : "guest") + std::to_string(number) + "@example.com";
}

}  // namespace

Contact some_contact(Dice& dice, const std::string& location, std::size_t number, Value::List tags) {
  const std::string first = dice.one_of(first_names), last = dice.one_of(last_names);
  Map fields;
  fields.set("id", dice.letters_and_digits(20));
  fields.set("locationId", location);
  fields.set("firstName", first);
  fields.set("lastName", last);
  fields.set("name", first + " " + last);
  if (!dice.one_in(15)) fields.set("email", email_of(first, last, number));
  const std::string area = location == "loc_main" ? "+442079460" : "+441632960";  // numbers kept free for stories
  if (!dice.one_in(10)) fields.set("phone", area + three_digits(number));
  if (dice.one_in(6)) fields.set("companyName", dice.one_of(companies));
  fields.set("dnd", dice.one_in(12));
  fields.set("type", dice.one_in(3) ? "customer" : "lead");
  fields.set("source", dice.one_of(sources));
  fields.set("country", dice.one_of(countries));
  fields.set("tags", std::move(tags));
  const std::string added = some_day(dice, dice.one_in(2) ? 2024 : 2025);
  fields.set("dateAdded", added);
  fields.set("dateUpdated", some_day(dice, 2026, 1, 6));
  return contact_of(fields);
}

}  // namespace millrace::sandbox
