#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "value/value.hpp"

namespace millrace {

/// Something that is told of a workflow, with what belongs to it below.
struct Sentence {
  std::string part;          ///< what it speaks of, for programs: "trigger", "step", "retry", "with.tag_id"
  std::string about = {};    ///< whose: a step's id, an input's name; or empty
  std::string text = {};     ///< for people
  std::string meaning = {};  ///< equal where two of the same part mean the same; empty: the text
  SourceMark at = {};        ///< where the file says it; line 0: nowhere
  std::string number = {};   ///< of a step: "2.1"
  std::vector<Sentence> below = {};
};

/// "all_tags: Read every tag of a location".
std::string line_of(const Sentence& sentence);

/// As people read it: the first sentence, headings behind empty lines, and below them each sentence on a line of its
/// own, deeper the further it is down.
std::string render(const Sentence& whole);

/// {"part","about","text","number","line","column","sentences":[...]}: nulls where there is none.
Value encode(const Sentence& sentence);

}  // namespace millrace
