#pragma once

#include <string>

namespace millrace::pruning {

// The name that archiving gives, "[archived 2026-09-21] old promo". All but `marked` take keys of names (`name_key`, or
// the vague one).

/// `day` as "2026-09-21".
std::string marked(const std::string& name, const std::string& day);
bool has_mark(const std::string& key);
/// REQUIRES: it has one.
std::string without_mark(const std::string& key);

}  // namespace millrace::pruning
