#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::reports {

/// The members of a JSON object, each as the JSON text of its value; what is in a value is not looked at, so a long
/// list costs nothing but the walk over its text. REQUIRES: valid JSON, which lives longer than the result.
std::map<std::string, std::string_view, std::less<>> members_of(std::string_view json);

/// The elements of a JSON list, alike.
std::vector<std::string_view> elements_of(std::string_view json);

}  // namespace millrace::reports
