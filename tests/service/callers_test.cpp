#include "service/callers.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string>

#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::flow;
using test::ServiceBench;

namespace {

/// Memory that knows how many have it. What is made in it lies there until the last weak pointer to it is gone, too.
template <class T>
struct Lent {
  using value_type = T;
  explicit Lent(std::size_t& of_all) : lent(&of_all) {}
  template <class Other>
  explicit(false) Lent(const Lent<Other>& other) : lent(other.lent) {}
  T* allocate(std::size_t count) { return ++*lent, std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) { --*lent, std::allocator<T>().deallocate(memory, count); }
  bool operator==(const Lent&) const = default;
  std::size_t* lent;
};

/// A run and the one that it called, both in the store, before a service that knows nothing else of them.
struct TwoInTheStore {
  TwoInTheStore() {
    bench.delivered("top", "{}");
    bench.pass(2s);
    top = stored("top");
    low = stored("low");
  }
  StoredRun stored(const std::string& workflow) {
    auto run = test::ask(bench.loop, bench.store->history().read_run(bench.only(workflow)));
    REQUIRE(run);
    return std::move(*run);
  }
  FromCallers of_low() {
    auto from = test::ask(bench.loop, callers.of(low));
    REQUIRE(from);
    return std::move(*from);
  }

  ServiceBench bench{{{"top", "safety: {max_changes: 3}\n" + flow("top", "  - {call: low}\n")},
                      {"low", "mode: live\ntriggers: [manual]\nactions:\n  - approve: ok\n"}}};
  RunsInMemory memory{1u << 20};
  Roster roster{10};
  Library library{bench.folder.path(), bench.project, bench.catalog};
  WrittenFiles files;
  Callers callers{{bench.store->history(), memory, roster, library, bench.catalog, files}, Timestamp{}};
  StoredRun top, low;
};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("what a caller in the store has counted is kept until it is let go, however many others come meanwhile") {
  TwoInTheStore two;
  Limits limits;
  limits.max_changes = 3;
  auto changes = std::make_shared<ChangeCount>("top", limits);
  auto circles = std::make_shared<CircleCount>(0);
  const std::weak_ptr<ChangeCount> kept_changes = changes;
  const std::weak_ptr<CircleCount> kept_circles = circles;
  CHECK_FALSE(changes->count("one").has_value());
  two.callers.keep(two.top.head, std::move(changes), std::move(circles));
  for (int n = 1; n <= 100; ++n) {
    two.callers.note(RunKey{n}, std::make_shared<ChangeCount>("other", limits));
    two.callers.note(EventKey{n}, std::make_shared<CircleCount>(0));
  }
  REQUIRE_FALSE(kept_changes.expired());
  CHECK(two.of_low().circle_count == kept_circles.lock());
  CHECK_FALSE(two.of_low().change_count->count("one more").has_value());
  CHECK(kept_changes.lock()->foresee(2, "two more").has_value());
  CHECK(two.of_low().change_count->foresee(2, "two more").has_value());

  two.callers.let_go(two.top.head.key);
  CHECK(kept_changes.expired());
  CHECK(kept_circles.expired());
  CHECK_FALSE(two.of_low().change_count->foresee(3, "as many as the store leaves").has_value());
}

TEST_CASE("runs that are over leave nothing behind with those that hold callers together") {
  TwoInTheStore two;
  std::size_t lent = 0;
  const auto changes = [&lent] { return std::allocate_shared<ChangeCount>(Lent<ChangeCount>(lent), "top", Limits()); };
  const auto circles = [&lent] { return std::allocate_shared<CircleCount>(Lent<CircleCount>(lent), 0); };
  RunHead head;
  for (int n = 1; n <= 1000; ++n) {
    head.key = RunKey{n};
    head.event = EventKey{n};
    switch (n % 3) {
      case 0:
        two.callers.note(head.key, changes());
        break;
      case 1:
        two.callers.note(head.event, circles());
        break;
      default:
        two.callers.keep(head, changes(), circles());
        two.callers.let_go(head.key);
    }
  }
  CHECK(lent < 10);
}

TEST_SUITE_END();
