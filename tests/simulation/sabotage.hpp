#pragma once

#include <memory>

#include "http/http_client.hpp"
#include "journal/store.hpp"

namespace millrace::test {

/// Mistakes that an engine could have made. Each is planted to see that the oracle finds it.
enum class Sabotage : unsigned char {
  none,
  acknowledge_before_commit,
  without_wal_sync,  ///< synchronous=NORMAL
  attempt_in_key,
  cursor_before_items,
  state_before_outcome,  ///< what a library remembers is written by itself
  swap_without_looking,  ///< whatever the key holds meanwhile
  calls_hold_workers,    ///< those that their own services need
  no_room_inside,        ///< calls inside calls wait for the same places as those outside
  late_order,            ///< what a person says is written over the end that the run has come to meanwhile
  waits_by_clock,        ///< what began as a duration ends by a clock that is set meanwhile
};

/// The store as the engine shall see it.
std::unique_ptr<Store> sabotaged(Sabotage sabotage, Loop& loop, std::unique_ptr<Store> store);
std::unique_ptr<HttpClient> sabotaged(Sabotage sabotage, std::unique_ptr<HttpClient> client);

}  // namespace millrace::test
