#pragma once

#include <cstddef>
#include <memory>

#include "async/loop.hpp"

namespace millrace {

/// How much of all bodies is taken in one turn of the loop, in which the others say something too: whoever asks for
/// little shall not stand behind a piece of each of hundreds that send as fast as they can. First come, first served.
/// Loop thread only.
class BodyTurns {
 public:
  /// REQUIRES: `loop` outlives it.
  explicit BodyTurns(Loop& loop, std::size_t bytes_in_turn = 128u << 10);
  /// Returns in a turn that has room for so much: at once, where nobody waits. What is larger than a turn has one
  /// alone. False where the awaiting task is cancelled.
  Task<bool> take(std::size_t bytes);

 private:
  struct Inner;
  std::shared_ptr<Inner> inner_;
};

}  // namespace millrace
