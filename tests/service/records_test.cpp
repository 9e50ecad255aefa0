#include "service/records.hpp"

#include <doctest/doctest.h>

namespace millrace {

TEST_SUITE_BEGIN("service");

TEST_CASE("what the service leaves in the store is read back as it was meant") {
  const StateChange runs = service_runs({100, 0}, 7);
  CHECK(runs.owner == "engine");
  CHECK(runs.key == "running");
  const auto running = service_record(runs.value);
  REQUIRE(running);
  CHECK(running->since == Timestamp{100, 0});
  CHECK(running->pid == 7);
  CHECK_FALSE(running->stopped);
  const auto stopped = service_record(service_stopped({100, 0}, {200, 0}).value);
  REQUIRE(stopped);
  CHECK(stopped->stopped == Timestamp{200, 0});
  CHECK_FALSE(service_record(Value()));
  CHECK_FALSE(service_record(Value("damaged")));
}

TEST_CASE("of many missed slots the newest are kept, and how many there were") {
  std::vector<Timestamp> slots;
  for (std::int64_t i = 0; i < 50; ++i) slots.push_back({i * 60, 0});
  const auto skipped = skipped_record(skipped_slots("w", slots, "skip", {9000, 0}).value);
  REQUIRE(skipped);
  CHECK(skipped->count == 50);
  CHECK(skipped->slots.size() == 20);
  CHECK(skipped->slots.back() == slots.back());
  CHECK(skipped->policy == "skip");
}

TEST_CASE("a connection that is back leaves no record") {
  CHECK(connection_down("highlevel", "busy", {0, 0}).value.text_or("reason") == "busy");
  CHECK(connection_down("highlevel", "", {0, 0}).value.is_null());
}

TEST_SUITE_END();

}  // namespace millrace
