#include "journal/keys.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

namespace millrace {

namespace {

constexpr Timestamp noon{1'772'366'400, 250'000'000};

std::int64_t number(RunKey key) { return static_cast<std::int64_t>(key); }

}  // namespace

TEST_CASE("keys grow, though the clock stands still, is set back for some minutes, or has lost its time") {
  for (const bool guest : {false, true}) {
    KeyMaker keys(0, guest);
    std::int64_t last = 0;
    for (const std::int64_t second : {0, 0, 5, 4, -590, 5, 6, -100'000'000, -1'000'000'000}) {
      for (int i = 0; i < 1000; ++i) {
        const std::int64_t next = keys.next({noon.seconds + second, noon.nanos});
        REQUIRE(next > last);
        last = next;
      }
    }
  }
}

TEST_CASE("keys go on behind the largest of the store, even when the clock is behind it") {
  KeyMaker before(0);
  const RunKey last = before.next_run(noon);
  KeyMaker after(number(last));
  CHECK(number(after.next_run({noon.seconds - 360, 0})) > number(last));
}

TEST_CASE("a clock that is set back for long has its keys anew, which are no others' and come behind in order") {
  for (const bool guest : {false, true}) {
    KeyMaker keys(0, guest);
    std::set<std::int64_t> all;
    std::vector<RunKey> in_order;
    for (int jump = 0; jump < 14; ++jump) {
      const Timestamp now{noon.seconds + (jump % 2 == 0 ? 0 : 400'000'000), noon.nanos};
      for (int i = 0; i < 300; ++i) {
        const RunKey key = keys.next_run(now);
        all.insert(number(key));
        in_order.push_back(key);
        if (!guest) CHECK(made_at(key).seconds - now.seconds <= 1);
      }
    }
    if (guest) continue;  // they are told apart by chance, and those that meet are made anew
    CHECK(all.size() == in_order.size());
    for (std::size_t i = 1; i < in_order.size(); ++i) REQUIRE(made_before(in_order[i - 1], in_order[i]));
  }
}

TEST_CASE("in a store with keys from the future the service's are in a line of their own") {
  const Timestamp future{noon.seconds + 400'000'000, 0};
  KeyMaker before(0);
  const RunKey ahead = before.next_run(future);
  CHECK(number(ahead) >= first_key_ahead(noon));
  KeyMaker now(0, false, 0, {line_of(number(ahead))});
  const RunKey key = now.next_run(noon);
  CHECK(made_at(key) == noon);
  CHECK(line_of(number(key)) != line_of(number(ahead)));
  CHECK(made_before(ahead, key));
  KeyMaker later(number(key), false, number(key), {line_of(number(ahead))});
  CHECK(made_before(key, later.next_run(noon)));
}

TEST_CASE("of two runs of which a guest made one, or both, the earlier one was made before the other") {
  KeyMaker service(0);
  std::vector<RunKey> in_order;
  for (int i = 0; i < 200; ++i) {
    const Timestamp now{noon.seconds + i, 0};
    in_order.push_back(i % 3 == 0 ? service.next_run(now) : KeyMaker(0, true).next_run(now));
  }
  for (std::size_t i = 1; i < in_order.size(); ++i) {
    CHECK(made_before(in_order[i - 1], in_order[i]));
    CHECK_FALSE(made_before(in_order[i], in_order[i - 1]));
    CHECK(made_before(in_order.front(), in_order[i]));
  }
}

TEST_CASE("a key tells when it was made, to the millisecond") {
  KeyMaker keys(0);
  CHECK(made_at(keys.next_run(noon)) == noon);
  CHECK(made_at(keys.next_run({noon.seconds, 250'999'999})) == noon);
  CHECK(made_at(keys.next_run({noon.seconds, 251'000'000})) == Timestamp{noon.seconds, 251'000'000});
  CHECK(keys.next_event({noon.seconds + 1, 0}) == first_key_of({noon.seconds + 1, 0}));
  CHECK(first_key_of(noon) < first_key_of({noon.seconds, 251'000'000}));
  CHECK(first_key_of({0, 0}) == EventKey{0});  // before there was a store
}

TEST_CASE("keys of guests are never those of the service, even where one goes on behind the other's") {
  std::set<std::int64_t> all;
  KeyMaker guest(0, true);
  all.insert(guest.next(noon));
  KeyMaker service(*all.begin());
  int count = 1;
  for (const std::int64_t second : {0, 1, 0, -50, 0, 2}) {
    const Timestamp now{noon.seconds + second, noon.nanos};
    for (int i = 0; i < 500; ++i) {
      all.insert(service.next(now));
      all.insert(guest.next(now));
      count += 2;
    }
    service = KeyMaker(*all.rbegin());
  }
  CHECK(static_cast<int>(all.size()) == count);
}

TEST_CASE("keys are texts that sort as they do, and come back") {
  KeyMaker keys(0);
  std::string last;
  for (int i = 0; i < 100; ++i) {
    const RunKey run = keys.next_run({noon.seconds + i * 1'000'000, 0});
    const std::string text = render(run);
    CHECK(text.size() == 14);
    CHECK(text > last);
    CHECK(parse_run_key(text) == run);
    CHECK_FALSE(parse_event_key(text));
    last = text;
  }
  CHECK(render(EventKey{0}) == "e0000000000000");
  CHECK(parse_event_key("e0000000000000") == EventKey{0});
  CHECK(render(RunKey{INT64_MAX}) == "r7zzzzzzzzzzzz");
  CHECK(parse_run_key("r7zzzzzzzzzzzz") == RunKey{INT64_MAX});
}

TEST_CASE("what is no key is not taken for one") {
  for (const char* text : {"", "r", "r000000000000", "r00000000000000", "x0000000000000", "r8000000000000",
                           "rzzzzzzzzzzzzz", "r00000000000i0", "r000000000000A", "r00000000000 0", "R0000000000000"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_run_key(text));
  }
}

}  // namespace millrace
