#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace millrace {

/// The text with the suggestions of the findings put in. Everything else stays as it is, comments and order included.
/// Of two that overlap the first is put in; check the result again for the other.
std::string apply_fixes(const SourceText& source, const std::vector<Finding>& findings);

/// One thing that was corrected.
struct Correction {
  SourceMark at;  ///< in the text as it was then
  std::string before, after;
};
struct Corrected {
  std::string text;
  std::vector<Correction> made;  ///< in the order in which they were put in
};

using FindingsOf = std::function<std::vector<Finding>(std::shared_ptr<const SourceText>)>;

/// Puts in those suggestions that need nobody's judgement: what only writes the same in another way, and a name with
/// one letter too many or too few, or with two that changed places. Each stays only where fewer findings are left by it
/// and none is new; `check` finds them. What might be meant otherwise (another name, another time) stays a suggestion,
/// and so does what is said of something that works, such as a member that its shape leaves open.
Corrected correct(std::shared_ptr<const SourceText> source, const FindingsOf& check);

}  // namespace millrace
