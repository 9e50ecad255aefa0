#include "service/pulse.hpp"

#include <functional>
#include <string>
#include <utility>

#include "service/records.hpp"

namespace millrace {

namespace {

constexpr Duration interval = std::chrono::seconds(5);

}  // namespace

/// Goes the way that every run goes from step to step: through the writer, the reader and the workers of the store.
/// However long the far side or a person takes, this takes a moment; where it does not, no run moves.
Task<void> Pulse::go_on() {
  const std::function<bool()> nothing_to_do = [] { return true; };
  while (true) {
    beat_ = Deadline::in(longest);
    Entry nothing;
    co_await dispatcher_.write(std::move(nothing));
    co_await world_.store.journal().read_state(engine_owner, running_key);
    co_await on_worker<bool>(world_.loop, nothing_to_do);
    beat_.reset();
    const bool undisturbed = co_await sleep_for(interval);
    if (!undisturbed) co_return;
  }
}

}  // namespace millrace
