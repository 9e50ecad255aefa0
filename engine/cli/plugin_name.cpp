#include "cli/plugin_name.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/session.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_plugin_name = 60;

}  // namespace

Status check_plugin_name(const std::string& name) {
  const auto letter = [](char one) { return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '_'; };
  const bool good = !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), letter);
  if (name.size() > longest_plugin_name)
    return Error{ErrorCode::invalid, "a plugin's name has at most " + std::to_string(longest_plugin_name) +
                                         " letters, and this one has " + std::to_string(name.size()) + ": " +
                                         shortened(printable(name), 80)};
  if (!good) {
    return Error{
        ErrorCode::invalid,
        "a plugin's name is made of small letters, digits and _, and begins with a letter: " + printable(name)};
  }
  std::error_code failed;
  if (std::filesystem::exists(shipped_plugins() / name, failed))
    return Error{ErrorCode::conflict, "the name \"" + name + "\" is taken by a plugin that came with Millrace"};
  return Done{};
}

}  // namespace millrace
