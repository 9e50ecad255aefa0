#pragma once

#include <string>

#include "catalog/catalog.hpp"
#include "catalog/elf.hpp"

namespace millrace {

/// What the library of a plugin that did not come with Millrace would load beside itself, or what lies beside it, and
/// no pin covers, as a sentence; empty: nothing.
std::string company_of(const Manifest& plugin, const ElfFacts& facts);

}  // namespace millrace
