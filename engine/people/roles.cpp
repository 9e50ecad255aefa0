#include "people/roles.hpp"

#include <array>

#include "base/text.hpp"

namespace millrace {

namespace {

constexpr std::array all_roles = {Role::viewer, Role::approver, Role::editor, Role::admin};

bool gives(Role role, Right right) noexcept {
  switch (role) {
    case Role::viewer:
      return right == Right::read;
    case Role::approver:
      return right == Right::read || right == Right::answer || right == Right::pause || right == Right::apply;
    case Role::editor:
      return right == Right::read || right == Right::edit || right == Right::pause || right == Right::apply;
    case Role::admin:
      return true;
  }
  return false;
}

}  // namespace

std::string_view name_of(Role role) noexcept {
  switch (role) {
    case Role::viewer:
      return "viewer";
    case Role::approver:
      return "approver";
    case Role::editor:
      return "editor";
    case Role::admin:
      return "admin";
  }
  return "";
}

Role role_with(Right right) noexcept {
  for (const Role role : all_roles) {
    if (gives(role, right)) return role;
  }
  return Role::admin;
}

bool Roles::may(Right right) const noexcept {
  for (const Role role : all_roles) {
    if (has(role) && gives(role, right)) return true;
  }
  return false;
}

std::vector<std::string> Roles::names() const {
  std::vector<std::string> names;
  for (const Role role : all_roles) {
    if (has(role)) names.emplace_back(name_of(role));
  }
  return names;
}

Result<Roles> roles_named(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Role role : all_roles) known.emplace_back(name_of(role));
  Roles roles;
  for (const std::string& name : names) {
    bool found = false;
    for (const Role role : all_roles) {
      if (name_of(role) != name) continue;
      roles.add(role);
      found = true;
    }
    if (!found)
      return Error{ErrorCode::invalid,
                   "there is no role \"" + name + "\"" + did_you_mean(name, known) + "; roles are " + listed(known)};
  }
  if (roles.empty()) return Error{ErrorCode::invalid, "a role is needed: " + listed(known)};
  return roles;
}

}  // namespace millrace
