#include "plugin/state_room.hpp"

#include <chrono>
#include <string>

namespace millrace {

namespace {

/// To look means to read all that is kept.
constexpr Duration between_looks = std::chrono::seconds(1);

}  // namespace

Task<Status> StateRoom::take(CallServices& services, std::uint64_t bytes) {
  const std::uint64_t begun = looks_;
  while (kept_ + bytes > most) {
    if (!looking_ && looks_ > begun)
      co_return Error{ErrorCode::limited, "the plugin keeps " + std::to_string(kept_ >> 20) + " MiB, and may keep " +
                                              std::to_string(most >> 20) +
                                              ": nothing more is kept until it has removed some of it"};
    bool undisturbed = true;
    if (looking_) {
      undisturbed = co_await looked_.wait();
    } else if (!next_look_.reached()) {
      undisturbed = co_await sleep_until(next_look_);
    } else {
      const auto found = co_await look(services);
      if (!found) co_return found;
    }
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
  }
  kept_ += bytes;
  co_return Done{};
}

Task<Status> StateRoom::look(CallServices& services) {
  looking_ = true;
  ++looks_;
  const auto stored = co_await services.state_size();
  looking_ = false;
  next_look_ = Deadline::in(between_looks);
  if (stored) kept_ = *stored + held_back_;
  looked_.announce();
  if (!stored) co_return stored.error();
  co_return Done{};
}

}  // namespace millrace
