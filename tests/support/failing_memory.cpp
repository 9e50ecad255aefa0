#include "failing_memory.hpp"

#include <sqlite3.h>

#include <atomic>
#include <limits>

namespace millrace::test {

namespace {

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

sqlite3_mem_methods real = {};
std::atomic<std::int64_t> left = unlimited, fired_so_far = 0;
std::atomic<bool> all_further = false;

bool fails() {
  if (left.load(std::memory_order_relaxed) == unlimited) return false;
  const std::int64_t before = left.fetch_sub(1);
  if (before != 1 && !(before < 1 && all_further)) return false;
  ++fired_so_far;
  return true;
}

void* allocate(int size) { return fails() ? nullptr : real.xMalloc(size); }
void* reallocate(void* memory, int size) { return fails() ? nullptr : real.xRealloc(memory, size); }

void lay(const sqlite3_mem_methods& methods) {
  sqlite3_shutdown();
  sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
  sqlite3_initialize();
}

}  // namespace

FailingMemory::FailingMemory() {
  sqlite3_shutdown();  // only then it can be asked
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
  sqlite3_mem_methods ours = real;
  ours.xMalloc = allocate;
  ours.xRealloc = reallocate;
  lay(ours);
}

FailingMemory::~FailingMemory() {
  heal();
  lay(real);
}

void FailingMemory::fail(std::int64_t nth, bool for_ever) {
  all_further = for_ever;
  fired_so_far = 0;
  left = nth;
}

void FailingMemory::heal() { left = unlimited; }

std::int64_t FailingMemory::fired() const { return fired_so_far; }

}  // namespace millrace::test
