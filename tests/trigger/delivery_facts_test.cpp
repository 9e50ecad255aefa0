#include <doctest/doctest.h>

#include "trigger/delivery_facts.hpp"
#include "trigger/proof_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::delivery;

namespace {

std::string facts(const IncomingRequest& request, const std::string& verify = "public") {
  return encode_json(delivery_facts(request, "flow", test::verifier(verify)));
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
                           "X-Session-Id",
                           "x-amzn-oidc-accesstoken",
                           "x-amzn-oidc-data",
                           "DPoP",
                           "verif-hash",
                           "Plaid-Verification",
                           "X-Trello-Webhook",
                           "X-Client-Certificate",
                           "x-clientcert",
                           "X-Bearer",
                           "x-authtoken",
                           "x-refreshtoken",
                           "X-Pwd",
                           "X-Pass",
                           "X-Secrets",
                           "X-Keys",
                           "X-Signatures",
                           "X-Access-Key",
                           "X-Accesskey",
                           "x-webhookkey",
                           "ClientKeys",
                           "Xauth",
                           "X-Hubsig",
                           "X-Webhooksign",
                           "X-Sas",
                           "X-Mac",
                           "X-Pw",
                           "X-Csrf",
                           "X-SAML",
                           "Ocp-Apim-Subscription-Key"}) {
    CAPTURE(name);
    CHECK(names_a_proof(name));
    CHECK(facts(delivery("", {{name, "abc"}})) == none);
  }
  for (const char* name : {"access_token", "token",       "apiKey",   "api_key",      "hub.verify_token",
                           "sig",          "X-Signature", "password", "clientSecret", "auth",
                           "pwd",          "pass",        "passcode", "accesstoken",  "ACCESSTOKEN",
                           "code",         "Code",        "bearer",   "key",          "authkey",
                           "code[]",       "codes",       "Code%00",  "sas",          "keys",
                           "PHPSESSID",    "SAMLResponse"}) {
    CAPTURE(name);
    IncomingRequest request = delivery("", {});
    request.query = std::string(name) + "=abc";
    CHECK(facts(request) == none);
  }
}

TEST_CASE("what tells deliveries and events apart is no proof, though it be called a key or a code") {
  for (const char* name : {"X-GitHub-Delivery",
                           "X-Author",
                           "Content-Type",
                           "Idempotency-Key",
                           "X-Idempotency-Key",
                           "X-Event-Key",
                           "eventKey",
                           "X-Message-Key",
                           "partition_key",
                           "X-Keyword",
                           "Date",
                           "X-Slack-Request-Timestamp",
                           "webhook-id",
                           "X-Designation",
                           "Accept",
                           "X-Hook-UUID",
                           "X-Passenger",
                           "X-Design",
                           "X-Monkey",
                           "X-Eventkey",
                           "sortkeys",
                           "X-Machine",
                           "X-Concert",
                           "X-Country-Code",
                           "code",
                           "X-Okta-Verification-Challenge",
                           "X-Shopify-Topic",
                           "X-Request-Id"}) {
    CAPTURE(name);
    CHECK_FALSE(names_a_proof(name));
    CHECK(facts(delivery("", {{name, "told-apart"}})).find("told-apart") != std::string::npos);
  }
  IncomingRequest request = delivery("", {});
  request.query = "country_code=DE&promo-code=X";
  CHECK(facts(request).find(R"("query":{"country_code":"DE","promo-code":"X"})") != std::string::npos);
}

TEST_CASE("an address that a proxy or a browser repeats in a header is kept without what is asked for there") {
  for (const char* name : {"Referer", "X-Original-URL", "X-Envoy-Original-Path", "X-Forwarded-Uri"}) {
    CAPTURE(name);
    const std::string kept = facts(delivery("", {{name, "/hooks/flow?token=abc#def"}}));
    CHECK(kept.find("\"/hooks/flow\"") != std::string::npos);
    CHECK(kept.find("abc") == std::string::npos);
    CHECK(kept.find("def") == std::string::npos);
  }
  CHECK(facts(delivery("", {{"X-Question", "why?"}})).find("why?") != std::string::npos);
}

TEST_CASE("a header that the trigger's verify names proves who sends, whatever it is called") {
  const IncomingRequest request = delivery("", {{"X-Harmless", "00ff"}, {"X-Other", "kept"}});
  CHECK(facts(request, "{hmac: {secret: \"secret:s\", header: x-harmless}}") ==
        R"({"headers":{"x-other":"kept"},"query":{},"method":"POST","path":"/hooks/flow"})");
  CHECK(facts(request).find("00ff") != std::string::npos);
}

TEST_CASE("a check of the address sees the whole query, and no more of the headers") {
  IncomingRequest request = delivery("", {{"Authorization", "Bearer x"}});
  request.method = "GET";
  request.query = "hub.verify_token=abc&validationToken=def";
  CHECK(
      encode_json(challenge_facts(request, "flow", test::verifier("public"))) ==
      R"({"headers":{},"query":{"hub.verify_token":"abc","validationToken":"def"},"method":"GET","path":"/hooks/flow"})");
}

TEST_CASE("a name that comes thousands of times costs as much as thousands of names") {
  IncomingRequest request = delivery("", {});
  for (int i = 0; i < 20'000; ++i) {
    request.query += "a&";
    request.headers.add("X-A", "");
  }
  const Value made = delivery_facts(request, "flow", test::verifier("public"));
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
