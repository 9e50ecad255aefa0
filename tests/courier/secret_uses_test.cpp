#include "courier/secret_uses.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "schema/schema.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr Timestamp nine = {1'800'000'000 - 1'800'000'000 % 3600, 0};

Timestamp after(std::int64_t seconds) { return {nine.seconds + seconds, 0}; }

struct Uses {
  Uses() {
    shop.name = "shop";
    shop.token = "secret:shop_token";
    shop.base_url = "secret:shop_address";
  }
  void use(const std::string& workflow, Timestamp at, const std::string& host = "shop.example") {
    Shipment shipment;
    shipment.to.connection = &shop;
    shipment.to.place = host;
    shipment.site.workflow = workflow;
    uses.note(shipment, at);
  }
  std::string counts(Timestamp now, bool all = false) {
    std::string text;
    for (const AuditLine& line : uses.take_counts(now, all))
      text += line.who + " " + line.what + " " + line.about + " " + line.detail + "\n";
    return text;
  }
  ConnectionSettings shop;
  SecretUses uses;
};

}  // namespace

TEST_CASE("uses are counted by secret, host, workflow and hour, and told once their hour has ended") {
  Uses all;
  for (int each = 0; each < 3; ++each) all.use("prune", after(each));
  all.use("sync", after(5));
  all.use("prune", after(6), "other.example");
  all.use("prune", after(3600));
  CHECK(all.counts(after(3599)) == "");
  const std::string said = all.counts(after(3600));
  CHECK(said.find("workflow:prune use secret:shop_token shop.example, 3 uses in the hour from ") != std::string::npos);
  CHECK(said.find("workflow:prune use secret:shop_address shop.example, 3 uses") != std::string::npos);
  CHECK(said.find("workflow:sync use secret:shop_token shop.example, 1 use in") != std::string::npos);
  CHECK(said.find("workflow:prune use secret:shop_token other.example, 1 use in") != std::string::npos);
  CHECK(all.counts(after(3700)) == "");
  CHECK(all.counts(after(3700), true).find("shop.example, 1 use in the hour from") != std::string::npos);
  CHECK(all.counts(after(9999), true) == "");
}

TEST_CASE("a secret's first use at a host is a line at once, with the state that remembers it") {
  Uses all;
  CHECK_FALSE(all.uses.has_first_uses());
  all.use("prune", after(0));
  all.use("prune", after(1));
  all.use("", after(2), "other.example");
  const auto first = all.uses.take_first_uses();
  REQUIRE(first.size() == 4);
  for (const Entry& entry : first) {
    REQUIRE(entry.states.size() == 1);
    CHECK(entry.states.front().expected == Value());  // whoever remembers it already refuses this
    REQUIRE(entry.audit.size() == 1);
    CHECK(entry.audit.front().what == "first use");
  }
  CHECK(first.back().audit.front().who == "millrace");
  CHECK(first.back().audit.front().detail == "other.example");
  all.use("sync", after(4000));
  CHECK_FALSE(all.uses.has_first_uses());
}

TEST_CASE("a secret that the step names itself is used, too, with what it was used for") {
  Action action;
  action.input = Schema::known_good(*parse_json(
      R"({"type":"object","properties":{"url":{"type":"string","x-secret":true},"text":{"type":"string"}}})"));
  action.name = "notify.webhook";
  action.takes_secrets = true;
  Uses all;
  for (int each = 0; each < 12; ++each) {
    Shipment shipment;
    shipment.action = &action;
    shipment.input = Value::object({{"url", "secret:hook"}, {"text", "secret:no_secret"}});
    shipment.to.place = "hooks.example";
    shipment.site.workflow = "tell";
    shipment.site.entry.run = "r" + std::to_string(each + 10);
    all.uses.note(shipment, after(each));
  }
  const auto first = all.uses.take_first_uses();
  REQUIRE(first.size() == 1);
  CHECK(first.front().audit.front().about == "secret:hook");
  CHECK(first.front().audit.front().detail == "hooks.example: notify.webhook in the run r10");
  const std::string said = all.counts(after(0), true);
  CHECK(said.starts_with("workflow:tell use secret:hook hooks.example, 12 uses in the hour from "));
  CHECK(said.ends_with(": notify.webhook in the runs r10, r11, r12, r13, r14, r15, r16, r17, r18, r19 and others\n"));
}

TEST_CASE("a request that shows nothing uses nothing") {
  Uses all;
  all.uses.note(Shipment(), after(0));
  CHECK_FALSE(all.uses.has_first_uses());
  CHECK(all.counts(after(9999), true) == "");
}

}  // namespace millrace
