#include "gate/before.hpp"

#include <map>
#include <set>

#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

/// A ledger that says when something is kept, and what.
class Remembering final : public Ledger {
 public:
  explicit Remembering(const GateBench& bench) : bench_(bench) {}
  Task<Result<Known>> begin(const Action&, CallSite) override { co_return Known(); }
  Task<Status> end(const Action&, CallSite, Result<Value>) override { co_return Done{}; }
  bool has_looked(const std::string& key) const override { return looked.contains(key); }
  Task<Status> keep_before(std::string key, Value seen) override {
    looked.insert(key);
    kept += key + " " + encode_json(seen) + ", " + std::to_string(bench_.arrived.size()) + " asked\n";
    if (broken) co_return *broken;
    co_return Done{};
  }

  std::set<std::string> looked;
  std::string kept;
  std::optional<Error> broken;

 private:
  const GateBench& bench_;
};

/// A shop whose tags are deleted by data, with what it answers to reads.
struct ShopOfCarriers {
  ShopOfCarriers() {
    bench.answer_with([this](const IncomingRequest& request) {
      if (request.method == "DELETE") return reply(200, R"({"succeded":true})");
      if (request.path.find("/carriers") == std::string::npos) return tag;
      const auto page = pages.find(request.path + "?" + request.query);
      return page == pages.end() ? reply(200, R"({"carriers":[]})") : reply(200, page->second);
    });
    rules.ledger = &ledger;
    gate = open_live_gate(bench.outside(), rules);
  }
  std::string remove(bool by_data = true) {
    CallSite site = bench.site();
    site.key = "k";
    site.recorded = true;
    site.looks_first = by_data;
    return bench.perform(*gate, "shop.labels.delete", test::CourierBench::read(R"({"code":"7"})"), site);
  }

  GateBench bench;
  OutgoingResponse tag = reply(200, R"({"code":"7","text":"vip"})");
  std::map<std::string, std::string> pages;
  Remembering ledger{bench};
  GateRules rules;
  std::unique_ptr<Gate> gate;
};

}  // namespace

TEST_SUITE_BEGIN("gate");

TEST_CASE("what a write is about to change is kept before the write leaves, with all who carry it") {
  ShopOfCarriers shop;
  shop.pages["/v1/carriers?label=vip"] = R"({"carriers":[1,2],"more":"2"})";
  shop.pages["/v1/carriers?label=vip&after=2"] = R"({"carriers":[3]})";
  CHECK(shop.remove() == R"({"succeded":true})");
  CHECK(shop.ledger.kept ==
        "k {\"before\":{\"code\":\"7\",\"text\":\"vip\"},\"carriers\":[1,2,3],\"untold\":null}, 3 asked\n");
  CHECK(shop.bench.requests() ==
        "GET /v1/labels/7\nGET /v1/carriers?label=vip\nGET /v1/carriers?label=vip&after=2\nDELETE /v1/labels/7\n");
  CHECK(shop.gate->record().reads == 3);
  const Value& record = shop.gate->record().changes.at(0).taken_back_by;
  CHECK(record.text_or("connection") == "shop");
  CHECK(record.find("input")->text_or("code") == "7");
}

TEST_CASE("what was looked at does not count as read, so that deletions are not weighed against themselves") {
  ShopOfCarriers shop;
  shop.remove();
  CHECK(shop.gate->record().seen.empty());
}

TEST_CASE("the first look counts: an attempt after it does not look again") {
  ShopOfCarriers shop;
  shop.remove();
  shop.tag = reply(404, "{}");
  shop.remove();
  CHECK(shop.ledger.looked.size() == 1);
  CHECK(shop.bench.requests() ==
        "GET /v1/labels/7\nGET /v1/carriers?label=vip\nDELETE /v1/labels/7\nDELETE /v1/labels/7\n");
}

TEST_CASE("a step whose inputs all stand in the file makes its one request") {
  ShopOfCarriers shop;
  CHECK(shop.remove(false) == R"({"succeded":true})");
  CHECK(shop.bench.requests() == "DELETE /v1/labels/7\n");
  CHECK(shop.ledger.kept.empty());
}

TEST_CASE("where the rules say that nothing is kept, nobody is asked what was there") {
  ShopOfCarriers shop;
  shop.rules.keeps_before = false;
  shop.gate = open_live_gate(shop.bench.outside(), shop.rules);
  CHECK(shop.remove() == R"({"succeded":true})");
  CHECK(shop.bench.requests() == "DELETE /v1/labels/7\n");
  CHECK(shop.ledger.kept.empty());
}

TEST_CASE("what cannot be told is kept as such, and the write is made") {
  ShopOfCarriers shop;
  shop.tag = reply(403, "{}");
  CHECK(shop.remove() == R"({"succeded":true})");
  CHECK(shop.ledger.kept.find("\"before\":null,\"carriers\":null,\"untold\":\"") != std::string::npos);
  ShopOfCarriers hiding;
  hiding.tag = reply(200, std::string(R"({"code":"7","text":")") + test::CourierBench::token + "\"}");
  hiding.remove();
  CHECK(hiding.ledger.kept.find("it holds a secret") != std::string::npos);
  CHECK(hiding.ledger.kept.find(test::CourierBench::token) == std::string::npos);
  ShopOfCarriers wordy;
  wordy.tag = reply(200, R"({"code":"7","text":"top secret:ask Ann"})");
  wordy.remove();
  CHECK(wordy.ledger.kept.find(R"("text":"top secret:ask Ann"},)") != std::string::npos);
  ShopOfCarriers endless;
  endless.pages["/v1/carriers?label=vip"] = R"({"carriers":[1],"more":"2"})";
  endless.pages["/v1/carriers?label=vip&after=2"] = R"({"carriers":[1],"more":"2"})";
  endless.remove();
  CHECK(endless.ledger.kept.find("who carries it: the next page is the same again") != std::string::npos);
}

TEST_CASE("where nobody can ask now, or the journal takes nothing, the write does not leave") {
  ShopOfCarriers down;
  down.tag = reply(503, "{}");
  CHECK(down.remove().starts_with("unavailable: "));
  CHECK(down.bench.requests().find("DELETE") == std::string::npos);
  CHECK(down.gate->record().changes.empty());
  ShopOfCarriers full;
  full.ledger.broken = Error{ErrorCode::limited, "no room"};
  CHECK(full.remove() == "limited: no room");
  CHECK(full.bench.requests().find("DELETE") == std::string::npos);
}

TEST_SUITE_END();

}  // namespace millrace
