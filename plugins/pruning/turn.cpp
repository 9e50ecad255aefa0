#include "turn.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

namespace millrace::pruning {
namespace {

std::mutex mutex;
std::condition_variable ended;
std::set<std::string> taken;  // locations

/// How soon a call that waits hears that it is called off.
constexpr std::chrono::milliseconds moment(100);

}  // namespace

Turn::Turn(job::Call& call, std::string location) : location_(std::move(location)) {
  std::unique_lock lock(mutex);
  while (!taken.insert(location_).second) {
    ended.wait_for(lock, moment);
    if (call.cancelled()) throw job::Failure{"cancelled", "called off while another pruning of the location went on"};
  }
}

Turn::~Turn() {
  const std::lock_guard lock(mutex);
  taken.erase(location_);
  ended.notify_all();
}

}  // namespace millrace::pruning
