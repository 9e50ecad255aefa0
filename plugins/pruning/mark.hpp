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
/// Whether the far side may have made `key` of the marked name `given`: it cut it, or left letters out. The mark has to
/// be there still: without it, a person has given the tag another name.
bool is_left_of(const std::string& key, const std::string& given);

}  // namespace millrace::pruning
