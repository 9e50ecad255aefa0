#include "base/file_name.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_part = 200;  // leaves room for the temporary name beside it; file systems take 255
constexpr std::size_t longest_name = 1000;

}  // namespace

Status check_file_name(const std::string& name, const std::string& doing) {
  const auto refused = [&](const std::string& why) {
    return Error{ErrorCode::denied, "cannot " + doing + " file \"" + name + "\": " + why};
  };
  if (name.empty()) return Error{ErrorCode::invalid, "the file to " + doing + " has no name"};
  if (!valid_utf8(name) || name.size() > longest_name)
    return Error{ErrorCode::invalid, "the name of the file to " + doing + " is too long or no text"};
  if (printable(name) != name) {
    return Error{ErrorCode::denied,
                 "the name of the file to " + doing + " holds a control character, or one that nobody sees"};
  }
  if (name.front() == '/')
    return refused("name it by its path below the output folder, without \"/\" at the beginning");
  for (const std::string& part : split(name, '/')) {
    if (part == "..") return refused("\"..\" would leave the output folder");
    if (part == ".") return refused("\".\" names no part of a path: leave it out");
    if (part.empty()) return refused("a part of its path is empty");
    if (part.size() > longest_part) return refused("a part of its path is longer than 200 bytes");
  }
  return Done{};
}

Status check_project_file(const std::string& name) {
  const auto refused = [&name](const std::string& why) {
    return Error{ErrorCode::denied, "cannot read file \"" + name + "\": " + why};
  };
  const std::vector<std::string> parts = split(name, '/');
  const auto hidden = [](const std::string& part) { return part.empty() || part.starts_with('.'); };
  if (std::any_of(parts.begin(), parts.end(), hidden))
    return refused(
        "name it by its path below the project's folder, such as posts/march.csv; what is hidden is not read");
  if (leads_into_state(name)) return refused("what lies in state/ is not read");
  return check_file_name(name, "read");
}

bool leads_into_state(std::string_view path) { return lower(path.substr(0, path.find('/'))) == "state"; }

}  // namespace millrace
