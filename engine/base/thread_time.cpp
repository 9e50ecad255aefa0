#include "base/thread_time.hpp"

#include <ctime>

namespace millrace {

Duration thread_time() noexcept {
  timespec now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace millrace
