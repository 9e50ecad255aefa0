#pragma once

#include <cstdint>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "base/duration.hpp"
#include "base/result.hpp"
#include "plugin/plugin_host.hpp"

namespace millrace {

/// How much one plugin may keep of its own, with what its calls hold back until they have ended. Loop thread only.
class StateRoom {
 public:
  static constexpr std::uint64_t most = std::uint64_t{64} << 20;

  /// Takes so many bytes for a call under way. Where too much was written, the store is looked at, once a second at
  /// most, and that is waited for; `limited` where it has no room.
  Task<Status> take(CallServices& services, std::uint64_t bytes);
  /// The call has ended: what it held back is in the store, or nowhere.
  void give_back(std::uint64_t bytes) noexcept { held_back_ -= bytes; }
  /// What was taken is not in the store before the call has ended.
  void hold_back(std::uint64_t bytes) noexcept { held_back_ += bytes; }

 private:
  Task<Status> look(CallServices& services);

  std::uint64_t kept_ = 0;  ///< never less than there is: what was found in the store, and all that was written since
  std::uint64_t held_back_ = 0;
  std::uint64_t looks_ = 0;
  bool looking_ = false;
  Deadline next_look_ = Deadline::in(Duration::zero());
  News looked_;
};

}  // namespace millrace
