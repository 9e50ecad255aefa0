#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "abi/frames.hpp"
#include "async/loop.hpp"

namespace millrace {

/// The engine's end of the socket to a plugin that runs apart. What it says has a fifth of the loop's time at most: who
/// has had more is not read until others have had theirs. Loop thread only.
class FrameSocket {
 public:
  /// `hear` gets each frame; false: it is broken. `lost` is called once when the other side is gone, or broke a rule:
  /// then with the rule. After `close` neither is.
  using Hear = std::function<bool(const frames::Head&, std::string_view body)>;
  using Lost = std::function<void(std::string_view rule)>;
  FrameSocket(Loop& loop, int descriptor, Hear hear, Lost lost);
  ~FrameSocket();
  FrameSocket(const FrameSocket&) = delete;
  FrameSocket& operator=(const FrameSocket&) = delete;

  /// What the other side does not take at once is kept for it.
  void send(std::string frame);
  /// Reads nothing more for now: what is not read holds the other side up.
  void hold();
  void go_on();
  /// Waits, without the loop, for something to read, and hears it. For who cannot await.
  void hear_now(Deadline deadline);
  /// Calls `look` each second until it is closed.
  void each_second(std::function<void()> look);
  /// So long from now the other side counts as lost.
  void lose_in(Duration time);
  void close();

  struct Inner;

 private:
  std::shared_ptr<Inner> inner_;
};

}  // namespace millrace
