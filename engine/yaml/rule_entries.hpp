#pragma once

#include <span>

#include "yaml/rules.hpp"

namespace millrace {

/// The catalogue in the order of the enumeration, in three parts: what a file is, and YAML in it;
std::span<const RuleEntry> file_rules() noexcept;
/// shapes of steps, texts and expressions;
std::span<const RuleEntry> expression_rules() noexcept;
/// names, and what only the project knows.
std::span<const RuleEntry> name_rules() noexcept;

}  // namespace millrace
