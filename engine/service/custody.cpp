#include "service/custody.hpp"

namespace millrace {

Task<bool> Custody::hold(RunKey run) {
  while (!hold_free(run)) {
    std::shared_ptr<News>& place = held_[run];
    if (!place) place = std::make_shared<News>();
    const std::shared_ptr<News> free = place;  // others may wait there, too, and it may be gone when they wake
    const bool undisturbed = co_await free->wait();
    if (!undisturbed) co_return false;
  }
  co_return true;
}

void Custody::release(RunKey run) {
  const auto held = held_.extract(run);
  if (held.mapped()) held.mapped()->announce();
}

}  // namespace millrace
