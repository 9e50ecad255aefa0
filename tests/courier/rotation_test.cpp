#include "courier_bench.hpp"
#include "crypto/base64.hpp"
#include "secret/own_keys.hpp"
#include "secret/vault.hpp"

namespace millrace {

using test::CourierBench;
using test::reply;

namespace {

using Place = ShownSecret::Place;

/// A shop that knows one value, while the vault holds a newer one beside it.
struct Rotating {
  explicit Rotating(std::string known = "the-old-value") : taken(std::move(known)) {
    const auto options = [this](const std::string&, const std::string& problem) { problems.push_back(problem); };
    bench.options.on_token = options;
    bench.answer_with([this](const IncomingRequest& request) {
      const bool good = shown_by(request).find(taken) != std::string::npos;
      return good ? reply(200, R"({"tags":[]})") : reply(401, R"({"message":"no"})");
    });
    put("the-old-value", false);
    put("the-new-value", true);
  }
  void put(const char* value, bool keep) {
    REQUIRE(vault.put("key", Secret(value), {.expected = {}, .keep_previous = keep}));
  }
  void shows(Place place, const char* name) {
    bench.project.connections[0].token = "";
    bench.project.connections[0].shown = ShownSecret{place, name, "", "secret:key"};
  }
  void shows_token() { bench.project.connections[0].token = "secret:key"; }
  std::string read() { return bench.perform("shop.tags.list"); }
  /// What the requests that arrived since the last time have shown, a letter each: o and n.
  std::string values() {
    std::string seen;
    for (; told < bench.arrived.size(); ++told)
      seen += shown_by(bench.arrived[told]).find("the-new-value") != std::string::npos ? 'n' : 'o';
    return seen;
  }
  static std::string shown_by(const IncomingRequest& request) {
    std::string all = request.query;
    for (const char* name : {"authorization", "x-api-key"}) {
      const std::string* found = request.headers.find(name);
      if (found == nullptr) continue;
      all += " " + *found;
      if (found->starts_with("Basic ")) all += " " + decode_base64(found->substr(6)).value_or("");
    }
    return all;
  }

  test::User user;
  CourierBench bench;
  Vault vault{bench.folder.path()};
  std::string taken;
  std::vector<std::string> problems;
  std::size_t told = 0;
};

bool done(const std::string& output) { return output.starts_with("{"); }

}  // namespace

TEST_CASE("where the new value of a rotation is refused, the one before is used at once, and people are told") {
  const auto try_with = [](const auto& shows) {
    Rotating rotating;
    shows(rotating);
    CHECK(done(rotating.read()));
    CHECK(rotating.values() == "no");
    REQUIRE(rotating.problems.size() == 1);
    CHECK(rotating.problems[0].find("the new value of secret:key was refused") != std::string::npos);
    CHECK(done(rotating.read()));
    CHECK(rotating.values() == "o");  // not refused anew for each request
    CHECK(rotating.bench.courier().health()[0].token_problem == rotating.problems[0]);
  };
  try_with([](Rotating& rotating) { rotating.shows_token(); });
  try_with([](Rotating& rotating) { rotating.shows(Place::header, "X-Api-Key"); });
  try_with([](Rotating& rotating) { rotating.shows(Place::basic, "ada"); });
  try_with([](Rotating& rotating) { rotating.shows(Place::query, "key"); });
}

TEST_CASE("the value before is never shown once the rotation has ended, nor where the new one is taken") {
  Rotating rotating;
  rotating.shows_token();
  CHECK(done(rotating.read()));
  CHECK(rotating.values() == "no");
  REQUIRE(rotating.vault.end_rotation("key", false));
  CHECK_FALSE(done(rotating.read()));
  CHECK_FALSE(done(rotating.read()));
  CHECK(rotating.values() == "nn");
  Rotating good("the-new-value");
  good.shows_token();
  CHECK(done(good.read()));
  CHECK(good.values() == "n");
  CHECK(good.problems == std::vector<std::string>{""});
}

TEST_CASE("where neither is taken each is tried once, and what is told is the refusal") {
  Rotating rotating("another-value");
  rotating.shows_token();
  CHECK_FALSE(done(rotating.read()));
  CHECK(rotating.values() == "no");
  CHECK_FALSE(done(rotating.read()));
  CHECK(rotating.values() == "no");
  CHECK(rotating.problems.back().find("the new value of") == std::string::npos);
}

TEST_CASE("of several refusals the last one's reason is told, alike to the step and to people") {
  Rotating rotating;
  rotating.shows_token();
  int asked = 0;
  rotating.bench.answer_with([&asked](const IncomingRequest&) {
    return reply(401, ++asked == 1 ? R"({"message":"not the new one"})" : R"({"message":"nor the old one"})");
  });
  const std::string output = rotating.read();
  CHECK(rotating.values() == "no");
  CHECK(output.find("refused the token (401: nor the old one)") != std::string::npos);
  REQUIRE_FALSE(rotating.problems.empty());
  CHECK(output.find(rotating.problems.back()) != std::string::npos);
}

TEST_CASE("the new value is tried again after a while, and when another one comes") {
  Rotating rotating;
  rotating.shows_token();
  CHECK(done(rotating.read()));
  rotating.taken = "the-new-value";  // the far side knows it by now, and still takes no other
  rotating.bench.passed += std::chrono::minutes(6);
  CHECK(done(rotating.read()));
  CHECK(rotating.values() == "non");
  CHECK(rotating.problems.back().empty());
  Rotating set_anew;
  set_anew.shows_token();
  CHECK(done(set_anew.read()));
  CHECK(set_anew.values() == "no");
  set_anew.taken = "a-third-value";
  set_anew.put("a-third-value", true);
  CHECK(done(set_anew.read()));
  CHECK(set_anew.problems.back().empty());
}

TEST_CASE("a refusal for a missing scope, and what no vault holds, is no reason for the value before") {
  Rotating rotating;
  rotating.shows_token();
  rotating.bench.answer_with([](const IncomingRequest&) {
    return reply(401, R"({"message":"The token is not authorized for this scope."})");
  });
  CHECK_FALSE(done(rotating.read()));
  CHECK(rotating.values() == "n");
}

}  // namespace millrace
