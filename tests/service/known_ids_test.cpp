#include <doctest/doctest.h>

#include "service_bench.hpp"
#include "trigger/ed25519_signer.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::HighLevelKey;
using test::ServiceBench;
using test::Signer;

namespace {

constexpr auto day = std::chrono::hours(24);

/// HighLevel's deliveries to one workflow; each says that it happened long ago.
class Deliveries {
 public:
  int send(ServiceBench& bench, const std::string& id) const {
    const std::string body = R"({"webhookId": ")" + id + R"(", "timestamp": "2001-08-01T10:00:00Z"})";
    IncomingRequest request{"POST", "/hooks/flow", "", {}, body};
    request.headers.add("X-GHL-Signature", signer_.sign(body));
    return test::ask(bench.loop, bench.service->hook(std::move(request))).status;
  }

 private:
  Signer signer_{'a'};
  HighLevelKey key_{encode_base64(signer_.public_key())};
};

const std::map<std::string, std::string> flow_of_highlevel = {
    {"flow", "mode: live\ntriggers:\n  - {webhook: flow, verify: highlevel}\nactions:\n  - {set: {seen: true}}\n"}};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a new project takes what happened long ago, once, for as long as it has forgotten no delivery") {
  const Deliveries deliveries;
  ServiceBench bench(flow_of_highlevel);
  CHECK(deliveries.send(bench, "w-1") == 202);
  CHECK(deliveries.send(bench, "w-1") == 202);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
  bench.stop();
  bench.pass(29 * day);
  bench.start();
  CHECK(deliveries.send(bench, "w-2") == 202);
  bench.stop();
  bench.pass(day - 1h);
  bench.start();
  CHECK(deliveries.send(bench, "w-2") == 202);
  bench.pass(1h);
  CHECK(deliveries.send(bench, "w-1") == 401);
  CHECK(deliveries.send(bench, "w-3") == 401);
  bench.restart();
  CHECK(deliveries.send(bench, "w-1") == 401);
}

TEST_CASE("a project out of a backup has forgotten what came after the backup was made") {
  const Deliveries deliveries;
  ServiceBench bench(flow_of_highlevel);
  CHECK(deliveries.send(bench, "w-1") == 202);
  bench.settle();
  const auto store = bench.folder.path() / "millrace.db", backup = bench.folder.path() / "backup.db";
  REQUIRE(test::ask(bench.loop, bench.store->backup(backup)));
  bench.stop();
  for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(store.string() + part);
  REQUIRE(restore_store(backup, store, bench.clock->now()));
  bench.start();
  CHECK(deliveries.send(bench, "w-2") == 401);
}
