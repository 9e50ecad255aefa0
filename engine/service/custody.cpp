#include "service/custody.hpp"

#include <utility>

namespace millrace {

namespace {

/// Several may wait at one place, and it may be gone when they wake: so each has it, too.
std::shared_ptr<News> place_in(std::shared_ptr<News>& news) {
  if (!news) news = std::make_shared<News>();
  return news;
}

}  // namespace

Task<bool> Custody::hold(RunKey run) {
  while (closed_ || !hold_free(run)) {
    const std::shared_ptr<News> place = closed_ ? closed_ : place_in(held_[run]);
    const bool undisturbed = co_await place->wait();
    if (!undisturbed) co_return false;
  }
  co_return true;
}

void Custody::release(RunKey run) {
  const auto held = held_.extract(run);
  if (held.mapped()) held.mapped()->announce();
}

Task<bool> Custody::close() {
  closed_ = std::make_shared<News>();
  while (!held_.empty()) {
    const std::shared_ptr<News> place = place_in(held_.begin()->second);
    const bool undisturbed = co_await place->wait();
    if (!undisturbed) co_return false;
  }
  co_return true;
}

void Custody::open() { std::exchange(closed_, nullptr)->announce(); }

}  // namespace millrace
