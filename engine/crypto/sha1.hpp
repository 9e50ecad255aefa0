#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace millrace {

/// SHA-1 (FIPS 180-4) of the parts behind each other, 20 bytes. Only for keyed hashes: see `Hash`.
std::string sha1(std::initializer_list<std::string_view> parts);

}  // namespace millrace
