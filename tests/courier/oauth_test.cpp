#include "oauth_bench.hpp"

namespace millrace {

using test::CourierBench;
using test::nothing;
using test::OAuthBench;
using test::renewed_first;
using test::reply;
using test::tags_read;

namespace {

Task<void> send_one(OAuthBench& far, std::vector<std::string>& ends) {
  auto shipment = far.bench.courier().prepare(far.bench.action("shop.tags.list"), Map(), far.bench.site());
  REQUIRE(shipment);
  const auto answer = co_await far.bench.courier().send(std::move(*shipment));
  ends.push_back(answer.output ? "done" : answer.output.error().message);
}

Task<void> send_many(OAuthBench& far, int count, std::vector<std::string>& ends) {
  Scope scope(far.bench.loop);
  for (int i = 0; i < count; ++i) scope.spawn(send_one(far, ends));
  co_await scope.done();
}

}  // namespace

TEST_CASE(
    "a token is renewed when four fifths of its time are over, and the next one is on the disk before it is used") {
  OAuthBench far;
  CHECK(far.list() == nothing);
  far.now.seconds += 799;
  CHECK(far.list() == nothing);
  CHECK(far.asked() == std::string(tags_read) + tags_read);
  far.now.seconds += 1;
  CHECK(far.list() == nothing);
  CHECK(far.asked() == renewed_first);
  CHECK(far.on_disk(far.access()));
  CHECK_FALSE(far.used_unkept);
  far.now.seconds += 5000;  // the next one is over altogether
  CHECK(far.list() == nothing);
  CHECK(far.asked() == renewed_first);
  CHECK_FALSE(far.used_unkept);
}

TEST_CASE(
    "a token that the far side does not know any more is renewed and the request sent again; a missing scope is no "
    "reason") {
  OAuthBench far;
  far.number += 1;  // the far side has forgotten what it gave
  CHECK(far.list().starts_with("unconnected: connection \"shop\" needs to be connected again"));
  far.connect();
  far.bench.arrived.clear();
  far.without_scope = true;
  const std::string told = far.list();
  CHECK(told.starts_with("denied: "));
  CHECK(told.find("grant the token the scope tags.read, and do \"millrace connect shop\" once more") !=
        std::string::npos);
  CHECK(far.asked() == tags_read);
  far.without_scope = false;
  far.takes_nothing = true;
  CHECK(far.list().find("refused the token, although it is new") != std::string::npos);
  CHECK(far.asked() == std::string(tags_read) + renewed_first);
  CHECK(far.list().find("refused the token, although it is new") != std::string::npos);
  CHECK(far.asked() == tags_read);  // not again and again
  far.takes_nothing = false;
  CHECK(far.list() == nothing);
}

TEST_CASE("however many wait, one asks for the next token") {
  for (const bool over : {true, false}) {
    OAuthBench far;
    far.now.seconds += over ? 2000 : 900;
    std::vector<std::string> ends;
    test::ask(far.bench.loop, send_many(far, 50, ends));
    CHECK(ends == std::vector<std::string>(50, "done"));
    CHECK(far.renewals == 1);
    CHECK(far.number == 11);
    CHECK_FALSE(far.used_unkept);
  }
}

TEST_CASE("who finds the next token there asks for none") {
  OAuthBench far;
  const auto before = far.kept->find("shop");
  REQUIRE(before);
  REQUIRE(*before);
  far.connect();
  CHECK(test::ask(far.bench.loop, far.renew("shop", (*before)->version)));
  CHECK(far.asked().empty());
}

TEST_CASE("an answer that is lost is asked for again; where the far side has given its token away, a person is told") {
  OAuthBench far;
  far.now.seconds += 2000;
  far.lose_answers = 1;
  const std::string told = far.list();
  CHECK(
      told.starts_with("unconnected: connection \"shop\" needs to be connected again (the answer to an earlier request "
                       "for new tokens was lost ("));
  CHECK(
      told.ends_with("), and now it refused what was agreed to (400: Invalid grant: this refresh token was used "
                     "before)): do \"millrace connect shop\""));
  CHECK(far.asked() == "/oauth/token\n/oauth/token\n");
  CHECK(far.list() == told);
  CHECK(far.asked().empty());  // nobody asks in vain
  far.connect();
  CHECK(far.list() == nothing);
}

TEST_CASE("while a token is good, a renewal in vain is no failure, and is told") {
  OAuthBench far;
  std::vector<std::string> problems;
  far.bench.options.on_token = [&](const std::string&, const std::string& problem) { problems.push_back(problem); };
  far.bench.answer_with([&](const IncomingRequest& request) {
    return request.path == "/oauth/token" ? reply(503, "{}") : far.answer(request);
  });
  far.now.seconds += 900;
  CHECK(far.list() == nothing);
  CHECK(far.list() == nothing);
  CHECK(far.renewals == 1);  // and the next one later
  far.bench.passed += std::chrono::minutes(2);
  far.bench.answer_with([&](const IncomingRequest& request) {
    return request.path == "/oauth/token" ? reply(400, R"({"error":"invalid_grant"})") : far.answer(request);
  });
  CHECK(far.list() == nothing);
  CHECK(far.renewals == 2);
  REQUIRE_FALSE(problems.empty());
  CHECK(problems.back().find("do \"millrace connect shop\"") != std::string::npos);
  CHECK(far.list() == nothing);
  CHECK(far.renewals == 2);
  far.now.seconds += 200;
  CHECK(far.list().starts_with("unconnected: "));
}

TEST_CASE("a far side that gives no tokens now is no reason to agree anew") {
  OAuthBench far;
  far.now.seconds += 2000;
  far.bench.answer_with([&](const IncomingRequest&) { return reply(503, "{}"); });
  CHECK(far.list().starts_with("unavailable: connection \"shop\": its token cannot be renewed"));
  far.bench.answer_with(
      [&](const IncomingRequest&) { return reply(400, R"({"statusCode":400,"message":"Location is not active"})"); });
  CHECK(far.list().starts_with("unavailable: "));
  far.bench.answer_with([&](const IncomingRequest&) { return reply(401, R"({"error":"invalid_client"})"); });
  CHECK(far.list().starts_with("denied: "));
  far.bench.answer_with([&](const IncomingRequest& request) { return far.answer(request); });
  CHECK(far.list() == nothing);
}

TEST_CASE("a company's token is exchanged for the location's, once, and again when that one ends") {
  OAuthBench far;
  far.connect("Company");
  CHECK(far.list() == nothing);
  CHECK(far.list() == nothing);
  CHECK(far.asked() == std::string("/oauth/locationToken\n") + tags_read + tags_read);
  CHECK(far.on_disk("local-1-canary"));
  far.now.seconds += 450;
  CHECK(far.list() == nothing);
  CHECK(far.asked() == std::string("/oauth/locationToken\n") + tags_read);
  far.now.seconds += 2000;
  CHECK(far.list() == nothing);
  CHECK(far.asked() == std::string("/oauth/token\n/oauth/locationToken\n") + tags_read);
  far.number += 1;  // neither is known any more
  far.exchanges += 1;
  CHECK(far.list().starts_with("unconnected: "));
}

TEST_CASE("a location's token of what was agreed to before is not used once somebody has agreed anew meanwhile") {
  for (const std::string now_for : {"Company", "Location"}) {
    CAPTURE(now_for);
    OAuthBench far;
    far.connect("Company");
    bool first = true;
    far.bench.answer_with([&](const IncomingRequest& request) {
      auto answer = far.answer(request);
      if (request.path == "/oauth/locationToken" && std::exchange(first, false)) far.connect(now_for);
      return answer;
    });
    CHECK(far.list() == nothing);
    const bool company = now_for == "Company";
    CHECK(far.asked() == std::string("/oauth/locationToken\n") + (company ? "/oauth/locationToken\n" : "") + tags_read);
    CHECK_FALSE(far.on_disk("local-1-canary"));
    CHECK(far.on_disk("local-2-canary") == company);
    CHECK_FALSE(far.used_unkept);
  }
}

TEST_CASE("a location's token that comes while the next tokens are fetched loses none of them") {
  OAuthBench far;
  far.connect("Company");
  far.now.seconds += 2000;
  far.bench.answer_with([&](const IncomingRequest& request) {
    if (request.path == "/oauth/token") {
      AccessToken other{Secret("local-of-another-location"), far.now, Timestamp{far.now.seconds + 500, 0}};
      REQUIRE(far.kept->change("shop", [&](Tokens& tokens) { tokens.locations.insert_or_assign("north", other); }));
    }
    return far.answer(request);
  });
  for (int turn = 0; turn < 2; ++turn) {
    CHECK(far.list() == nothing);
    CHECK(far.on_disk(far.access()));
    CHECK(far.on_disk("local-of-another-location"));
    far.now.seconds += 2000;
  }
}

TEST_CASE("tokens that come while somebody agrees anew do not take the place of what was agreed to") {
  OAuthBench far;
  far.bench.answer_with([&](const IncomingRequest& request) {
    auto answer = far.answer(request);
    if (request.path == "/oauth/token") far.connect();
    return answer;
  });
  CHECK(test::ask(far.bench.loop, far.renew("shop", far.version())));
  CHECK(far.on_disk(far.access()));
  CHECK(far.list() == nothing);
}

TEST_CASE("nobody has agreed yet: that is said, and nothing is sent") {
  OAuthBench far;
  CHECK(far.vault.remove(entry_of("shop")));
  CHECK(far.list() == "unconnected: connection \"shop\" is not connected yet: do \"millrace connect shop\"");
  CHECK(far.asked().empty());
}

TEST_CASE("no token comes back in what a far side says") {
  OAuthBench far;
  far.bench.answer_with([&](const IncomingRequest& request) {
    std::string all = request.body;
    for (const auto& [name, value] : request.headers) all += " " + value;
    return reply(400, "invalid grant: " + all);
  });
  CHECK(far.bench.perform("shop.tags.list").find("canary") == std::string::npos);
  far.now.seconds += 2000;
  const std::string told = far.list();
  CHECK(told.find("canary") == std::string::npos);
  CHECK(told.find(CourierBench::token) == std::string::npos);
}

}  // namespace millrace
