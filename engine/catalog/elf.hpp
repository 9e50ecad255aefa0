#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What a shared library says of itself, as far as it can be read; what cannot be is left out, since the loader will
/// refuse it.
struct ElfFacts {
  std::uint16_t machine = 0;              ///< as own_machine().number; 0: it is none of 64 bits
  std::vector<std::string> search_paths;  ///< RPATH and RUNPATH, taken apart
  std::vector<std::string> needed;        ///< names of other libraries
  std::vector<std::string> exports;  ///< what others can find in it by name; not the C++ library's templates (weak)
};

ElfFacts read_elf(std::string_view file);

/// What this program was built for.
struct Machine {
  std::uint16_t number;   ///< as in the head of a library
  std::string_view name;  ///< as `uname -m` has it: "x86_64"
};
Machine own_machine() noexcept;

}  // namespace millrace
