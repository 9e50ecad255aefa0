#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "secret/redactor.hpp"

namespace millrace {

namespace {

struct SecretAddress {
  std::string value;
  std::vector<std::string> keys;   // what tells of it, wherever it is said
  std::vector<std::string> words;  // what anybody says
};

std::string hidden(const std::string& value, std::string text) {
  Redactor redactor;
  redactor.add("secret:whole", value);
  redactor.redact(text);
  return text;
}

const std::vector<SecretAddress>& secret_addresses() {
  static const std::vector<SecretAddress> all = {
      {"http://127.0.0.1:80/services/T0AAA/B0BBB/zzTokenzz99?sig=QueryTok77",
       {"/services/T0AAA/B0BBB/zzTokenzz99", "services/T0AAA/B0BBB/zzTokenzz99", "zzTokenzz99", "QueryTok77",
        "sig=QueryTok77", "?sig=QueryTok77", "T0AAA/B0BBB/zzTokenzz99"},
       {"services", "sig", "127.0.0.1", "/services", "http://127.0.0.1:80"}},
      {"https://hooks.slack.com/services/T024BE7LD/B08ABCDEF/aBcDeFgHiJkLmNoPqRsTuVwX",
       {"/services/T024BE7LD/B08ABCDEF/aBcDeFgHiJkLmNoPqRsTuVwX", "aBcDeFgHiJkLmNoPqRsTuVwX", "T024BE7LD", "B08ABCDEF"},
       {"services", "hooks.slack.com"}},
      {"https://discord.com/api/webhooks/123456789012345678/a1B2-c3D4_e5F6g7H8",
       {"a1B2-c3D4_e5F6g7H8", "api/webhooks/123456789012345678/a1B2-c3D4_e5F6g7H8"},
       {"webhooks", "api/webhooks", "api"}},
      {"https://prod-12.westus.logic.azure.com:443/workflows/0f1e2d3c4b5a69788796a5b4c3d2e1f0/triggers/manual/paths/"
       "invoke?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=k9%2Bq~Zx7_Abc",
       {"0f1e2d3c4b5a69788796a5b4c3d2e1f0", "k9%2Bq~Zx7_Abc", "k9+q~Zx7_Abc", "sig=k9%2bq~Zx7_Abc",
        "api-version=2016-10-01&sp=/triggers/manual/run&sv=1.0&sig=k9+q~Zx7_Abc"},
       {"triggers", "manual", "invoke", "workflows", "api-version=2016-10-01", "/triggers/manual/run",
        "%2Ftriggers%2Fmanual%2Frun", "sv=1.0"}},
      {"https://hooks.zapier.com/hooks/catch/1234567/b7ubyxx/",
       {"/hooks/catch/1234567/b7ubyxx/", "hooks/catch/1234567/b7ubyxx/", "hooks/catch/1234567/b7ubyxx"},
       {"hooks", "catch", "1234567", "hooks/catch"}},
      {"https://maker.ifttt.com/trigger/new_lead/with/key/c8-Zq1XyW_9vUtSrQpO",
       {"c8-Zq1XyW_9vUtSrQpO", "trigger/new_lead/with/key/c8-Zq1XyW_9vUtSrQpO"},
       {"trigger", "new_lead", "with", "key", "with/key"}},
      {"https://api.telegram.org/bot123456:AAhdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage",
       {"bot123456:AAhdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "AAhdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
        "/bot123456:AAhdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage"},
       {"sendMessage", "api.telegram.org", "123456"}},
      {"https://ada:correct-horse@in.example.com/hook?code=x1y2z3",
       {"correct-horse", "ada:correct-horse", "/hook?code=x1y2z3", "code=x1y2z3"},
       {"ada", "hook", "/hook", "in.example.com"}},
      {"postgresql://ada:pw0%2Frd9@db.example.com/shop#part-9f3a77", {"pw0%2Frd9", "pw0/rd9", "part-9f3a77"}, {"shop"}},
      {"https://in.example.com/webhook?key=T0%20B0/123456",
       {"T0%20B0/123456", "T0 B0/123456", "T0+B0/123456"},
       {"key"}},
  };
  return all;
}

}  // namespace

TEST_CASE(
    "of an address that is a secret, each part that is a key is hidden alone, as it is written and as it is meant") {
  for (const SecretAddress& address : secret_addresses()) {
    for (const std::string& key : address.keys) {
      CAPTURE(key);
      const std::string shown = hidden(address.value, "far side: " + key + " is gone");
      CHECK(shown.find("secret:whole") != std::string::npos);
      CHECK(shown.find(key) == std::string::npos);
    }
    CHECK(hidden(address.value, "<" + address.value + ">") == "<secret:whole>");
  }
}

TEST_CASE("of an address that is a secret, words that anybody says stay as they are") {
  for (const SecretAddress& address : secret_addresses()) {
    for (const std::string& word : address.words)
      CHECK(hidden(address.value, "a " + word + " b") == "a " + word + " b");
  }
  CHECK(hidden("https://in.example.com/webhook?sig=abc", "webhook /webhook") == "webhook /webhook");
  CHECK(hidden("https://in.example.com/hook", "/hook") == "/hook");
}

TEST_CASE("of an address that is a secret, the decoded whole is hidden, and so is a key of it that others carry") {
  const std::string value = "https://h.example/a%2Fb/zz-Token%7E99?sig=Q%2BToken77&x=%41";
  CHECK(hidden(value, "at https://h.example/a/b/zz-Token~99?sig=Q+Token77&x=A now") == "at secret:whole now");
  CHECK(hidden(value, "/a/b/zz-Token~99") == "secret:whole");
  CHECK(hidden(value, R"({"sig":"Q\u002bToken77"})") == R"({"sig":"secret:whole"})");
  CHECK(hidden(value, "Q%252BToken77") == "secret:whole");
  CHECK(hidden(value, "enotVG9rZW5+OTk=") == "secret:wholek=");
}

}  // namespace millrace
