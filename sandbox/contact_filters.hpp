#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "contact_store.hpp"

namespace millrace::sandbox {

/// A condition on contacts.
using ContactFilter = std::function<bool(const Contact&)>;

/// Reads the `filters` of a search: all of them must hold. Adds to `problems` what makes no sense, each with its place.
ContactFilter read_filters(const Value& filters, std::vector<std::string>& problems);

/// The name under which a contact keeps what a search calls `name`: "emailLowerCase" is its email, because searches
/// compare without regard to case anyway. Empty where a contact cannot be searched by it.
std::string searchable_field(const std::string& name);

/// "dateAdded" and "dateUpdated" are compared as times.
bool is_date(std::string_view field) noexcept;

}  // namespace millrace::sandbox
