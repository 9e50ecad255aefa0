#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data.hpp"

namespace millrace::sandbox {

// What worlds are made of. Each takes as many numbers from the dice as its arguments ask for, so that a seed always
// gives the same world.

inline constexpr std::string_view some_users[] = {"user_ada", "user_grace", "user_alan"};

/// "2026-03-07T09:30:00.000Z", somewhere in these months of a year.
std::string some_day(Dice& dice, int year, std::size_t first_month = 1, std::size_t last_month = 12);

void add_location_tags(Dice& dice, const std::string& location, const std::vector<std::string>& names, Data& data);
void add_social_tags(Dice& dice, const std::string& location, const std::vector<std::string>& names, Data& data);
/// Each with a colour, some with a description.
void add_page_tags(Dice& dice, const std::string& location, const std::vector<std::string>& names, Data& data);

/// Pairs of network and type, such as {"linkedin", "page"}.
using NetworkTypes = std::vector<std::pair<std::string, std::string>>;
void add_accounts(Dice& dice, const std::string& location, const NetworkTypes& networks, Data& data);
/// Posts of 2026 on the accounts that the location has, with up to three of its social tags each, but of no more than
/// the first `usable_tags`. None where there is no account.
void add_posts(Dice& dice, const std::string& location, std::size_t count, std::size_t usable_tags, Data& data);

/// A person, `number` apart from all others of the location. Some have no email, no phone, or wish not to be disturbed.
Contact some_contact(Dice& dice, const std::string& location, std::size_t number, Value::List tags);

/// The world of the first seed.
Data first_world();

}  // namespace millrace::sandbox
