#pragma once

#include <string_view>

namespace millrace {

/// Compares in a time that depends on the lengths only.
bool same_bytes(std::string_view left, std::string_view right);
/// Compares in a time that tells nothing about `secret`, its length included.
bool same_secret(std::string_view given, std::string_view secret);

}  // namespace millrace
