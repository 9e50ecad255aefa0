#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace millrace {

/// What somebody may do through the service.
enum class Right : std::uint8_t {
  read,        ///< see what there is
  answer,      ///< say yes or no to what runs ask, resolve what is unsure, call runs off
  pause,       ///< switch workflows off and on
  apply,       ///< have a plan carried out
  edit,        ///< change workflows, plan, start and retry runs
  administer,  ///< all else: connections, secrets, people, plugins, copies of the store
};

enum class Role : std::uint8_t { viewer, approver, editor, admin };

std::string_view name_of(Role role) noexcept;
/// The role that gives the right and least beside it: what a refusal names.
Role role_with(Right right) noexcept;

/// The roles of one person or program, which may be several.
class Roles {
 public:
  Roles() = default;
  explicit Roles(Role role) { add(role); }

  void add(Role role) noexcept { bits_ |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(role)); }
  bool has(Role role) const noexcept { return (bits_ & (1u << static_cast<unsigned>(role))) != 0; }
  bool may(Right right) const noexcept;
  bool empty() const noexcept { return bits_ == 0; }
  std::vector<std::string> names() const;  ///< "approver", "editor"
  bool operator==(const Roles&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

/// Of "approver", "editor"; what is none is an error that names them all.
Result<Roles> roles_named(const std::vector<std::string>& names);

}  // namespace millrace
