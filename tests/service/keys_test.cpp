#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "service_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::said;
using test::ServiceBench;

namespace {

const std::map<std::string, std::string> workflows = {
    {"orders",
     "mode: live\nconcurrency: parallel\ntriggers:\n  - {webhook: orders, verify: public, dedupe: event.id}\nactions:\n"
     "  - {action: shop.add, with: {op: \"${{ event.id }}/first\"}, retry: {attempts: 3, delay: 1s}}\n"
     "  - for_each: event.items\n    do:\n"
     "      - {action: shop.add, with: {op: \"${{ event.id }}/item/${{ item.id }}\"}}\n"
     "  - {action: stock.restock, with: {op: \"${{ event.id }}/job\"}}\n"
     "  - {call: called, with: {id: \"${{ event.id }}\"}}\n"},
    {"called",
     "mode: live\nconcurrency: parallel\ntriggers:\n  - manual\nactions:\n"
     "  - {action: shop.add, with: {op: \"${{ event.id }}/called\"}}\n"},
    {"follow",
     "mode: live\nconcurrency: parallel\ntriggers:\n  - {after: orders}\nactions:\n"
     "  - {action: shop.add, with: {op: \"follow\"}}\n"},
    {"ticks",
     "mode: live\ntriggers:\n  - {cron: \"* * * * *\"}\nactions:\n"
     "  - {action: shop.add, with: {op: \"tick/${{ string(event.scheduled_at) }}\"}}\n"},
    {"plain",
     "mode: live\ntriggers:\n  - {webhook: plain, verify: public}\nactions:\n"
     "  - {action: shop.add, with: {op: plain}}\n"}};

/// Under which keys each thing was asked for, by a service whose store knows nothing.
using Keys = std::map<std::string, std::set<std::string>>;

void note_keys(ServiceBench& bench, Keys& keys) {
  bench.far_side.answer = [&keys](const OutgoingRequest& request) {
    const std::string* key = request.headers.find("Idempotency-Key");
    if (key == nullptr) return said(200);
    std::set<std::string>& of_op = keys[parse_json(request.body)->text_or("op")];
    const bool first = of_op.empty();
    of_op.insert(*key);
    return said(first && request.body.find("/first") != std::string::npos ? 409 : 200);
  };
}

std::string order(const std::string& id, const std::string& items) {
  return "{\"id\": \"" + id + "\", \"items\": [" + items + "]}";
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("where a store has forgotten an event that comes again, its effects have the keys that they had") {
  Keys before, behind;
  {
    ServiceBench bench(workflows);
    note_keys(bench, before);
    for (const char* id : {"a", "b"}) bench.delivered("orders", order(id, R"({"id": 1}, {"id": 2})"));
    bench.pass(2min);
    bench.settle();
  }
  {
    ServiceBench bench(workflows);
    note_keys(bench, behind);
    bench.pass(90s);
    bench.delivered("orders", order("new", R"({"id": 1})"));
    bench.delivered("orders", order("b", R"({"id": 3}, {"id": 2}, {"id": 1})"));
    bench.restart();
    bench.delivered("orders", order("a", R"({"id": 2}, {"id": 1})"));
    bench.pass(2min);
    bench.settle();
  }
  const auto follow = before.extract("follow").mapped(), follow_again = behind.extract("follow").mapped();
  CHECK(follow.size() == 2);
  CHECK(follow_again.size() == 3);
  for (const std::string& key : follow) CHECK(follow_again.contains(key));
  std::set<std::string> all;
  int same = 0;
  for (const auto& [op, keys] : before) {
    CAPTURE(op);
    CHECK(keys.size() == 1);
    CHECK(all.insert(*keys.begin()).second);
    const auto found = behind.find(op);
    if (op.starts_with("tick/") && found == behind.end()) continue;
    REQUIRE(found != behind.end());
    CHECK(found->second == keys);
    ++same;
  }
  CHECK(same >= 2 * 6 + 1);
}

TEST_CASE("two events of which their source says no id are not taken for one by those who know the keys") {
  ServiceBench bench(workflows);
  Keys keys;
  note_keys(bench, keys);
  for (int i = 0; i < 3; ++i) bench.delivered("plain", "{}");
  bench.settle();
  CHECK(keys["plain"].size() == 3);
}

TEST_SUITE_END();
