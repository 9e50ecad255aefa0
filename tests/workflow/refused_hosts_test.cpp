#include <doctest/doctest.h>

#include <string>

#include "workflow/connections.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("workflow");

TEST_CASE("a refused host is known however its URL is spelled, and no other is taken for it") {
  const Action action;
  ConnectionKind kind;
  kind.refused_hosts = {{"services.example.com", "there it only reads"}};
  for (const char* url :
       {"https://services.example.com", "https://services.example.com/any/path", "http://SERVICES.Example.com:8080",
        "https://services.example.com.", "https://services.example.com.:443/?a=b", "https://services.example.com?x",
        "https://services.example.com#x", "https://me:pass@services.example.com/"}) {
    CAPTURE(url);
    REQUIRE(refusal(action, &kind, url) != nullptr);
    CHECK(*refusal(action, &kind, url) == "there it only reads");
  }
  for (const char* url : {"http://127.0.0.1:8720/page", "https://services.example.com.elsewhere.example",
                          "https://my-services.example.com", "https://elsewhere.example/services.example.com",
                          "https://elsewhere.example/?to=@services.example.com", "secret:services.example.com",
                          "services.example.com", ""}) {
    CAPTURE(url);
    CHECK(refusal(action, &kind, url) == nullptr);
  }
  CHECK(refusal(action, nullptr, "https://services.example.com") == nullptr);
}

TEST_CASE("the integration page's own reading is kept away from HighLevel's live host") {
  const auto page = load_manifest(std::string(TEST_DATA) + "/../plugins/users_api");
  REQUIRE(page);
  REQUIRE(page->connection);
  CHECK(refusal(Action(), &*page->connection, "https://services.leadconnectorhq.com") != nullptr);
  CHECK(refusal(Action(), &*page->connection, "http://127.0.0.1:8720/page") == nullptr);
}

TEST_CASE("what pushes statistics is kept away from it over any connection, and is let through elsewhere") {
  const auto statistics = load_manifest(std::string(TEST_BUILD) + "/../plugins/statistics");
  REQUIRE(statistics);
  for (const Action& action : statistics->actions) {
    CAPTURE(action.name);
    const bool refused =
        refusal(action, nullptr, "https://services.leadconnectorhq.com/social-media-posting") != nullptr;
    CHECK(refused == writes(action.effect));
    CHECK(refusal(action, nullptr, "https://metrics.example.com/") == nullptr);
  }
}

TEST_SUITE_END();
