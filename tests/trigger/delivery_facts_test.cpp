#include <doctest/doctest.h>

#include "trigger/delivery_facts.hpp"
#include "trigger/proof_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::delivery;

namespace {

/// Secrets whose values are known to whoever writes something down.
class Redacting final : public Secrets {
 public:
  Result<Secret> find(std::string_view) override { return Secret("unguessable"); }
  void redact_in_place(std::string& text) const override {
    for (std::size_t at = text.find("unguessable"); at != std::string::npos; at = text.find("unguessable"))
      text.replace(at, 11, "secret:s");
  }
};

std::string facts(const IncomingRequest& request, const std::string& verify = "public") {
  const Redacting secrets;
  return encode_json(delivery_facts(request, "flow", test::verifier(verify), secrets));
}

}  // namespace

TEST_SUITE_BEGIN("trigger");

TEST_CASE("a delivery knows its headers in small letters, its query, its method and its path") {
  IncomingRequest request =
      delivery("", {{"X-GitHub-Event", "push"}, {"Accept", "a"}, {"ACCEPT", "b"}, {"X-Odd", "M\xFCller"}});
  request.query = "a=1&b=x%20y&a=2&empty=&%FF=z";
  request.path = "/hooks/flow/unguessable";
  CHECK(facts(request, "{secret_path: \"secret:s\"}") ==
        "{\"headers\":{\"x-github-event\":\"push\",\"accept\":\"a, b\",\"x-odd\":\"M\uFFFDller\"},"
        "\"query\":{\"a\":[\"1\",\"2\"],\"b\":\"x y\",\"empty\":\"\",\"\uFFFD\":\"z\"},"
        "\"method\":\"POST\",\"path\":\"/hooks/flow\"}");
}

TEST_CASE("nothing that proves who sends is among what a delivery knows") {
  const std::string none = R"({"headers":{},"query":{},"method":"POST","path":"/hooks/flow"})";
  for (const char* name : {"Authorization",
                           "Proxy-Authorization",
                           "Cookie",
                           "X-Hub-Signature",
                           "X-Hub-Signature-256",
                           "X-Slack-Signature",
                           "Stripe-Signature",
                           "webhook-signature",
                           "Svix-Signature",
                           "X-GHL-Signature",
                           "X-Shopify-Hmac-SHA256",
                           "X-Gitlab-Token",
                           "X-Telegram-Bot-Api-Secret-Token",
                           "X-Api-Key",
                           "ApiKey",
                           "X-Auth-Token",
                           "X-Token2",
                           "X-Client-Cert",
                           "Digest",
                           "X-Amz-Security-Token",
                           "X-Session-Id"}) {
    CAPTURE(name);
    CHECK(names_a_proof(name));
    CHECK(facts(delivery("", {{name, "abc"}})) == none);
  }
  for (const char* name : {"access_token", "token", "apiKey", "api_key", "hub.verify_token", "sig", "X-Signature",
                           "password", "clientSecret", "auth"}) {
    CAPTURE(name);
    IncomingRequest request = delivery("", {});
    request.query = std::string(name) + "=abc";
    CHECK(facts(request) == none);
  }
  for (const char* name : {"X-GitHub-Delivery", "X-Author", "Content-Type", "Idempotency-Key", "X-Keyword", "Date",
                           "X-Slack-Request-Timestamp", "webhook-id", "X-Designation", "Accept"}) {
    CAPTURE(name);
    CHECK_FALSE(names_a_proof(name));
  }
}

TEST_CASE("a header that the trigger's verify names proves who sends, whatever it is called") {
  const IncomingRequest request = delivery("", {{"X-Harmless", "00ff"}, {"X-Other", "kept"}});
  CHECK(facts(request, "{hmac: {secret: \"secret:s\", header: x-harmless}}") ==
        R"({"headers":{"x-other":"kept"},"query":{},"method":"POST","path":"/hooks/flow"})");
  CHECK(facts(request).find("00ff") != std::string::npos);
}

TEST_CASE("a secret that is known does not get into what is kept, under whatever name it comes") {
  IncomingRequest request = delivery("", {{"X-Note", "it is unguessable"}});
  request.query = "n=unguessable&unguessable=1";
  const std::string made = facts(request);
  CHECK(made.find("unguessable") == std::string::npos);
  CHECK(made.find("it is secret:s") != std::string::npos);
}

TEST_CASE("a check of the address sees the whole query, and no more of the headers") {
  const Redacting secrets;
  IncomingRequest request = delivery("", {{"Authorization", "Bearer x"}});
  request.method = "GET";
  request.query = "hub.verify_token=abc&validationToken=def";
  CHECK(
      encode_json(challenge_facts(request, "flow", test::verifier("public"), secrets)) ==
      R"({"headers":{},"query":{"hub.verify_token":"abc","validationToken":"def"},"method":"GET","path":"/hooks/flow"})");
}

TEST_CASE("a name that comes thousands of times costs as much as thousands of names") {
  const Redacting secrets;
  IncomingRequest request = delivery("", {});
  for (int i = 0; i < 20'000; ++i) {
    request.query += "a&";
    request.headers.add("X-A", "");
  }
  const Value made = delivery_facts(request, "flow", test::verifier("public"), secrets);
  CHECK(made.find("query")->find("a")->list().size() == 20'000);
  CHECK(made.find("headers")->find("x-a")->text().size() == 2 * 19'999);
}

TEST_CASE("a delivery that somebody tells of is what the same delivery would have been") {
  const auto told = [](const char* said) {
    const auto facts = told_facts(*parse_json(said), "flow");
    return facts ? encode_json(*facts) : "error: " + facts.error().message;
  };
  CHECK(told("{}") == R"({"headers":{},"query":{},"method":"POST","path":"/hooks/flow"})");
  CHECK(told(R"({"headers":{"X-GitHub-Event":"push","Authorization":"Bearer x","x-hub-signature-256":"y"},)"
             R"("query":{"a":["1","2"],"access_token":"z"},"method":"PUT","path":"/hooks/code"})") ==
        R"({"headers":{"x-github-event":"push"},"query":{"a":["1","2"]},"method":"PUT","path":"/hooks/code"})");
  CHECK(told(R"({"header":{}})") ==
        R"(error: unknown key "header", did you mean "headers"? (a delivery has headers, query, method and path))");
  CHECK(told(R"({"remote_address":"::1"})") ==
        R"(error: unknown key "remote_address" (a delivery has headers, query, method and path))");
  CHECK(told(R"({"headers":{"X-N":1}})") == "error: at headers/X-N: expected text, found the number 1");
  CHECK(told(R"({"query":{"a":{"b":"c"}}})").starts_with("error: at query/a: "));
  CHECK(told("[]").starts_with("error: "));
}

TEST_SUITE_END();
