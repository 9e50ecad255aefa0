#include "http/body_turns.hpp"

#include <algorithm>
#include <list>

namespace millrace {

struct BodyTurns::Inner : std::enable_shared_from_this<Inner> {
  struct Waiting {
    std::size_t bytes;
    News its_turn = {};
  };

  Inner(Loop& its_loop, std::size_t bytes) : loop(its_loop), most(bytes), left(bytes) {}

  bool fits(std::size_t bytes) const { return left == most || bytes <= left; }

  void spend(std::size_t bytes) {
    if (left == most)
      loop.post([self = weak_from_this()] {
        if (const auto kept = self.lock()) kept->begin_turn();
      });
    left -= std::min(left, bytes);
  }

  void begin_turn() {
    left = most;
    while (!waiting.empty() && fits(waiting.front()->bytes)) {
      Waiting& first = *waiting.front();
      waiting.pop_front();
      spend(first.bytes);
      first.its_turn.announce();
    }
  }

  Loop& loop;
  const std::size_t most;
  std::size_t left;
  std::list<Waiting*> waiting;
};

BodyTurns::BodyTurns(Loop& loop, std::size_t bytes_in_turn) : inner_(std::make_shared<Inner>(loop, bytes_in_turn)) {}

Task<bool> BodyTurns::take(std::size_t bytes) {
  const std::shared_ptr<Inner> inner = inner_;
  if (inner->waiting.empty() && inner->fits(bytes)) {
    inner->spend(bytes);
    co_return true;
  }
  Inner::Waiting mine{bytes};
  inner->waiting.push_back(&mine);
  const bool undisturbed = co_await mine.its_turn.wait();
  if (!undisturbed) inner->waiting.remove(&mine);
  co_return undisturbed;
}

}  // namespace millrace
