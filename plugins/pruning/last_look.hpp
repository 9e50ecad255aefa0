#pragma once

#include <optional>
#include <string>

#include "candidates.hpp"

namespace millrace::pruning {

/// Why a tag is left alone although it was chosen.
struct Spared {
  const char* reason;  ///< as `kept` counts it
  std::string why;     ///< in words that go behind "is kept: "
};

/// Looks at the tag once more, directly before it is changed: between the look at the whole location and this moment
/// lie the changes of all tags before it. Throws where it cannot be told, `not_found` where the tag is gone.
std::optional<Spared> last_look(job::Call& call, const std::string& location, const Candidate& tag);

}  // namespace millrace::pruning
