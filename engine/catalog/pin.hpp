#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"

namespace millrace {

/// What `trust:` names: "sha256:" and the digest of the two lines that `sha256sum NAME.json NAME.so` prints in the
/// plugin's folder. So it covers the manifest, which says what changes something, together with the library.
/// REQUIRES: the manifest was read from a file, and `library` is what the file beside it holds.
std::string pin_of(const Manifest& plugin, std::string_view library);
/// The same, from the SHA-256 of both files in hexadecimal digits.
std::string pin_of(const std::string& name, const std::string& manifest, const std::string& library);

/// Why a pin is not enough, with what to do about it; empty: it is among those that are trusted.
std::string distrust(const std::string& pin, const std::vector<std::string>& trust);

}  // namespace millrace
