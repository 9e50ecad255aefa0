#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

constexpr const char* ada = R"({"address": "ada@example.com"})";

/// A far side that refuses what it is to add with this status, and finds what the test says.
struct Refusing {
  Refusing(int status, OutgoingResponse found) {
    bench.answer_with([=](const IncomingRequest& request) {
      return request.method == "POST" ? reply(status, R"({"message": "no"})") : found;
    });
  }
  std::string add() { return bench.perform(*gate, "shop.members.add", ada); }
  std::string changes() const {
    std::string all;
    for (const Change& change : gate->record().changes) all += change.summary;
    return all;
  }

  GateBench bench;
  std::unique_ptr<Gate> gate = open_live_gate(bench.outside(), {});
};

const std::string both = "POST /v1/members {\"mail\":\"ada@example.com\"}\nGET /v1/members?mail=ada%40example.com\n";

}  // namespace

TEST_SUITE_BEGIN("gate");

TEST_CASE("what was refused and is there all the same has happened") {
  Refusing shop(422, reply(200, R"({"members": [{"id": "7"}]})"));
  CHECK(shop.add() == R"({"id":"7"})");
  CHECK(shop.bench.requests() == both);
  CHECK(shop.changes() == "add ada@example.com");
  CHECK(shop.gate->record().writes == 1);
}

TEST_CASE("what was refused and is not there has failed, with the reason of the refusal") {
  Refusing shop(422, reply(200, R"({"members": []})"));
  CHECK(shop.add() ==
        "invalid: shop did not accept what shop.members.add sent (422: no): check what the step gives it");
  CHECK(shop.bench.requests() == both);
  CHECK(shop.changes() == "");
}

TEST_CASE("what was refused and cannot be looked up is for a person") {
  Refusing shop(422, reply(403, "{}"));
  CHECK(shop.add().starts_with("unsure: shop did not accept what shop.members.add sent (422: no)"));
  CHECK(shop.changes() == "add ada@example.com");
  Refusing twice(422, reply(200, R"({"members": [{"id": "7"}, {"id": "8"}]})"));
  CHECK(twice.add().starts_with("unsure: "));
}

TEST_CASE("any other refusal is final, and nothing is looked up") {
  for (const int status : {400, 403, 404, 409}) {
    Refusing shop(status, reply(200, R"({"members": [{"id": "7"}]})"));
    CHECK_FALSE(shop.add().starts_with("{"));
    CHECK(shop.bench.arrived.size() == 1);
    CHECK(shop.changes() == "");
  }
}

TEST_SUITE_END();

}  // namespace millrace
