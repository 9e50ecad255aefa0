#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rehearsal/made_changes.hpp"
#include "rehearsal/undo.hpp"
#include "value/value.hpp"

namespace millrace {

/// The things that an undo makes again, under the inputs by which others name them: a contact that carried a tag is
/// not there under its old id, so it is made with the tag.
class MadeAgain {
 public:
  /// REQUIRES: the reversals outlive it.
  explicit MadeAgain(std::vector<Reversal>& in_turn) : in_turn_(in_turn) {}

  /// The reversal at the end of `list` makes the thing of the change again. REQUIRES: both outlive this.
  void note(const MadeChange& change, std::vector<Reversal>& list);
  /// It was deleted and is not made again.
  void note_missing(const MadeChange& change);
  /// Gives what is made again the lists in `whole`, which would be given to it as it was. Nothing: no input names such
  /// a thing. Else why it is not given, or empty.
  std::optional<std::string> give(const MadeChange& change, const Value& whole);
  /// What is made with what others make again comes behind them.
  void put_carriers_last();

 private:
  struct Made {
    const MadeChange* change;
    std::vector<Reversal>* list;  // null: it is not made again
    std::size_t at;
  };

  void put(Made made);

  std::vector<Reversal>& in_turn_;
  std::multimap<std::string, Made> made_;
  std::set<std::size_t> last_;  // of in_turn_
};

}  // namespace millrace
