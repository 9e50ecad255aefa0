#include "plugin/process_watch.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/thread_time.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("plugin");

namespace {

constexpr std::uint64_t data = std::uint64_t{64} << 20;

/// Looks at a process that has so much of a processor each second, until it has to end or a minute is over; the number
/// of the last look.
int looks_until_end(Duration each_second, bool for_nobody, std::string& why) {
  ProcessWatch watch(data);
  ProcessSize size{data, 64, {}};
  int looks = 0;
  while (why.empty() && looks < 60) {
    size.processor += each_second;
    why = watch.look(size, for_nobody);
    ++looks;
  }
  return looks;
}

}  // namespace

TEST_CASE("a process that is busy while nobody asks anything of it has to end, and no other") {
  std::string why;
  CHECK(looks_until_end(std::chrono::milliseconds(200), true, why) == 60);
  CHECK(looks_until_end(std::chrono::seconds(2), false, why) == 60);
  CHECK(why.empty());
  CHECK(looks_until_end(std::chrono::milliseconds(210), true, why) == 11);
  CHECK(why == "it was busy while nobody asked anything of it");
}

TEST_CASE("a call between, or a second of rest, gives a process its time again") {
  ProcessWatch watch(data);
  ProcessSize size;
  for (int second = 0; second < 100; ++second) {
    const bool rests = second % 10 == 9;
    if (!rests || second % 20 == 19) size.processor += std::chrono::seconds(1);
    CHECK(watch.look(size, !rests || second % 20 != 19).empty());
  }
}

TEST_CASE("a process has so many threads, and so much in memory, as it may have") {
  ProcessWatch watch(data);
  const std::uint64_t most = data + (std::uint64_t{64} << 20);
  CHECK(watch.look({most, 64, {}}, true).empty());
  CHECK(watch.look({most, 65, {}}, false) == "it had 65 threads, and may have 64");
  CHECK(watch.look({most + 1, 1, {}}, false) == "it had 128 MiB in memory, and may have 128");
}

TEST_CASE("what a process takes is read as the kernel counts it, and of none there is nothing") {
  while (thread_time() < std::chrono::milliseconds(50)) continue;
  const ProcessSize own = ProcessSize::of(::getpid());
  CHECK(own.threads >= 1);
  CHECK(own.bytes > std::uint64_t{1} << 20);
  CHECK(own.processor >= std::chrono::milliseconds(30));  // counted in hundredths of a second
  CHECK(ProcessSize::of(-1).threads == 0);
}

TEST_SUITE_END();
