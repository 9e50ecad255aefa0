#include "slow_disk.hpp"

#include <sqlite3.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace millrace::test {

namespace {

/// The system's own way with one kind of file, with a flush that takes its time. SQLite knows it by its first member.
struct SlowMethods {
  sqlite3_io_methods methods;
  const sqlite3_io_methods* real;
};

thread_local int in_simulated_time = 0;

int flush(sqlite3_file* file, int flags) {
  if (in_simulated_time == 0) std::this_thread::sleep_for(flush_time());
  return reinterpret_cast<const SlowMethods*>(file->pMethods)->real->xSync(file, flags);
}

const sqlite3_io_methods* slowed(const sqlite3_io_methods* real) {
  static std::mutex mutex;
  static std::map<const sqlite3_io_methods*, std::unique_ptr<SlowMethods>> all;
  const std::lock_guard lock(mutex);
  std::unique_ptr<SlowMethods>& slow = all[real];
  if (!slow) {
    slow = std::make_unique<SlowMethods>(SlowMethods{*real, real});
    slow->methods.xSync = flush;
  }
  return &slow->methods;
}

sqlite3_vfs* real_system = nullptr;

int open(sqlite3_vfs* system, const char* name, sqlite3_file* file, int flags, int* given) {
  const int outcome = real_system->xOpen(system, name, file, flags, given);
  if (outcome == SQLITE_OK) file->pMethods = slowed(file->pMethods);
  return outcome;
}

}  // namespace

FlushesInSimulatedTime::FlushesInSimulatedTime() { ++in_simulated_time; }
FlushesInSimulatedTime::~FlushesInSimulatedTime() { --in_simulated_time; }

Duration flush_time() {
  static const char* text = std::getenv("MILLRACE_FLUSH_MS");
  return std::chrono::milliseconds(text != nullptr ? std::stoi(text) : 0);
}

void lay_slow_disk() {
  static sqlite3_vfs slow = {};
  if (flush_time() == Duration::zero()) return;
  if (real_system == nullptr) {
    real_system = sqlite3_vfs_find(nullptr);
    slow = *real_system;
    slow.zName = "slow-disk";
    slow.xOpen = open;
  }
  sqlite3_vfs_register(&slow, 1);
}

}  // namespace millrace::test
