#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What a shared library says of itself, as far as it can be read; what cannot be is left out, since the loader will
/// refuse it.
struct ElfFacts {
  std::vector<std::string> search_paths;  ///< RPATH and RUNPATH, taken apart
  std::vector<std::string> needed;        ///< names of other libraries
  std::vector<std::string> exports;  ///< what others can find in it by name; not the C++ library's templates (weak)
};

ElfFacts read_elf(std::string_view file);

}  // namespace millrace
