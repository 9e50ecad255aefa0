#include <doctest/doctest.h>

#include "case_findings.hpp"
#include "workflow/check_project.hpp"
#include "workflow/project.hpp"
#include "workflow/verifier.hpp"

using namespace millrace;

namespace {

LoadedProject project_of_shop(const std::string& connection) {
  return load_project("/nowhere",
                      std::make_shared<const SourceText>(SourceText{
                          "millrace.yaml", "version: 1\nconnections:\n  shop: {plugin: http" + connection + "}\n"}));
}

/// The rules that a workflow with that step breaks.
std::string rules_of(const std::string& step, const std::string& more = "") {
  std::string rules;
  for (const Finding& found :
       test::findings_in("version: 1\ntriggers: manual\n" + more + "actions:\n  - " + step + "\n"))
    rules += found.rule + " ";
  return rules;
}

std::string project_rules(const std::string& connection) {
  std::string rules;
  for (const Finding& found : project_of_shop(connection).findings) rules += found.rule + " ";
  return rules;
}

}  // namespace

TEST_SUITE_BEGIN("workflow");

TEST_CASE(
    "a connection names its secret as a token, a header, basic authentication, a parameter or its whole address") {
  const auto shown = [](const std::string& auth) {
    const LoadedProject loaded = project_of_shop(", base_url: 'https://a.example', auth: {" + auth + "}");
    REQUIRE(loaded.project);
    REQUIRE(loaded.project->connections.front().shown);
    return *loaded.project->connections.front().shown;
  };
  using Place = ShownSecret::Place;
  CHECK(shown("header: {name: X-Api-Key, value: 'secret:shop'}") ==
        ShownSecret{Place::header, "X-Api-Key", "", "secret:shop"});
  CHECK(shown("header: {name: Authorization, value: 'Token secret:shop'}") ==
        ShownSecret{Place::header, "Authorization", "Token ", "secret:shop"});
  CHECK(shown("basic: {user: ada, password: 'secret:shop'}") == ShownSecret{Place::basic, "ada", "", "secret:shop"});
  CHECK(shown("query: {name: key, value: 'secret:shop'}") == ShownSecret{Place::query, "key", "", "secret:shop"});
  const LoadedProject whole = project_of_shop(", base_url: 'secret:hook', private: true");
  REQUIRE(whole.project);
  CHECK(secrets_of(whole.project->connections.front()) == std::vector<std::string>{"secret:hook"});
  CHECK(whole.project->connections.front().private_addresses);
  CHECK_FALSE(whole.project->connections.front().link_local);
  const LoadedProject basic =
      project_of_shop(", base_url: 'https://a.example', auth: {basic: {user: 'secret:me', password: 'secret:p'}}");
  REQUIRE(basic.project);
  CHECK(secrets_of(basic.project->connections.front()) == std::vector<std::string>{"secret:p", "secret:me"});
}

TEST_CASE("a secret that is written out, or shown in two ways, is refused") {
  const std::string at = ", base_url: 'https://a.example', auth: ";
  CHECK(project_rules(at + "{header: {name: X-Api-Key, value: hunter2}}") == "plain-secret ");
  CHECK(project_rules(at + "{basic: {user: ada, password: hunter2}}") == "plain-secret ");
  CHECK(project_rules(at + "{query: {name: key, value: hunter2}}") == "plain-secret ");
  CHECK_FALSE(project_rules(at + "{token: 'secret:a', query: {name: key, value: 'secret:b'}}").empty());
  CHECK_FALSE(project_rules(at + "{header: {name: 'X Api', value: 'secret:b'}}").empty());
  CHECK_FALSE(project_rules(at + "{header: {name: X-Api}}").empty());
  CHECK(project_rules(at + "{}").empty());
}

TEST_CASE("a secret's name where none is read would be sent as these words, and is refused with the cure") {
  const auto note = [](const std::string& text) {
    return rules_of("{action: notes.write, with: {text: " + text + "}}");
  };
  for (const char* sent : {"'secret:shop'", "'Bearer secret:shop'", "'Authorization: Token secret:shop'",
                           "'https://a.example/?key=secret:shop'", "'https://a.example/secret:shop/x'",
                           "'secret:${{ run.id }}'", "'${{ \"secret:shop\" }}'", "'key=secret:shop&b=1'"}) {
    CAPTURE(sent);
    CHECK(note(sent) == "unread-secret ");
  }
  for (const char* prose : {"'the secret: be kind'", "'our secret:sauce recipe'", "'secret:sauce is what it is'",
                            "'topsecret:plan'", "'secrets:a'", "'secret:'"}) {
    CAPTURE(prose);
    CHECK(note(prose).empty());
  }
  CHECK(rules_of("{set: {key: 'secret:shop'}}") == "unread-secret ");
  CHECK(rules_of("{set: {key: [{a: 'secret:shop'}]}}") == "unread-secret ");
  CHECK(rules_of("{set: {a: b}}", "vars: {key: 'secret:shop'}\n") == "unread-secret ");
  CHECK(rules_of("{if: run.id == \"secret:shop\", set: {a: b}}") == "unread-secret ");
  CHECK(rules_of("{stop: {message: 'secret:shop'}}") == "unread-secret ");
}

TEST_CASE("the tokens of a connection are no secret of another connection, nor of a sender, nor of a step") {
  const std::string connections = R"(version: 1
connections:
  shop: {plugin: http, base_url: 'https://a.example', auth: {oauth2: {client_id: app, client_secret: 'secret:app'}}}
  notes: {plugin: http, base_url: 'https://b.example', auth: {token: 'secret:oauth_other'}}
)";
  const auto told = [](const std::vector<Finding>& findings) {
    std::string all;
    for (const Finding& one : findings) all += one.message + "\n";
    return all;
  };
  const auto project = [&](const std::string& text) {
    return load_and_check_project("/nowhere", std::make_shared<const SourceText>(SourceText{"millrace.yaml", text}),
                                  test::test_catalog());
  };
  const std::string words = "\"secret:oauth_shop\" is where the tokens of connection \"shop\" are kept, which are ";
  CHECK(told(project(connections).findings).find("are kept") == std::string::npos);
  for (const char* auth : {"{token: 'secret:oauth_shop'}", "{header: {name: X-Key, value: 'Token secret:oauth_shop'}}",
                           "{basic: {user: ada, password: 'secret:oauth_shop'}}",
                           "{oauth2: {client_id: app, client_secret: 'secret:oauth_shop'}}"}) {
    CAPTURE(auth);
    const std::string more = std::string("  leak: {plugin: http, base_url: 'https://c.example', auth: ") + auth + "}\n";
    CHECK(told(project(connections + more).findings).find(words) != std::string::npos);
  }
  const auto shop = project(connections).project;
  REQUIRE(shop);
  const auto workflow = [&](const std::string& trigger) {
    return told(load_and_check(test::source_of("version: 1\ntriggers:\n  - webhook: hook\n    dedupe: none\n" +
                                               trigger + "actions: {set: {a: b}}\n"),
                               test::test_catalog(), &*shop)
                    .findings);
  };
  CHECK(workflow("    verify: {bearer: 'secret:oauth_shop'}\n").find(words) != std::string::npos);
  CHECK(workflow("    verify: {hmac: {secret: ['secret:hook', 'secret:oauth_shop'], header: x-sig}}\n").find(words) !=
        std::string::npos);
  CHECK(workflow("    verify: {bearer: 'secret:oauth_other'}\n").empty());
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const std::string step =
      "version: 1\ntriggers: manual\nactions: {action: notify.webhook, with: {url: "
      "'secret:oauth_shop', text: hello}}\n";
  CHECK(told(load_and_check(test::source_of(step), shipped, &*shop).findings).find(words) != std::string::npos);
}

TEST_CASE("the cure names the header that was meant") {
  const auto findings =
      test::findings_in("version: 1\ntriggers: manual\nactions:\n  - {set: {headers: {X-Shop-Key: 'secret:shop'}}}\n");
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].message.find("auth: {header: {name: X-Shop-Key, value: \"secret:shop\"}}") != std::string::npos);
}

TEST_CASE("in millrace.yaml a secret is read by a connection's auth and as its whole address, and nowhere else") {
  CHECK(project_rules(", base_url: 'https://a.example/secret:hook'") == "unread-secret ");
  CHECK(project_rules(", base_url: 'https://a.example/?key=secret:hook'") == "unread-secret ");
  CHECK(project_rules(", base_url: 'https://a.example', locations: ['secret:x']") == "unread-secret ");
  CHECK(project_rules(", base_url: 'secret:hook'").empty());
}

TEST_CASE("a request says where it goes, or its connection does") {
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const auto told = [&shipped](const std::string& step) {
    std::string all;
    for (const Finding& found :
         load_and_check(test::source_of("version: 1\ntriggers: manual\nactions:\n  - " + step + "\n"), shipped, nullptr)
             .findings)
      all += found.message + "\n";
    return all;
  };
  CHECK(told("{action: http.request, with: {method: POST, body: {a: 1}}}").starts_with("missing \"url\": only a"));
  CHECK(told("{action: http.request}").starts_with("missing \"url\": only a"));
  CHECK(told("{action: http.request, connection: team_chat, with: {method: POST, body: {a: 1}}}").empty());
  CHECK(told("{action: http.request, with: {url: 'https://a.example'}}").empty());
}

TEST_CASE("a proof that covers neither an id nor a time asks for dedupe, and no other does") {
  const auto asked = [](const std::string& verify, const std::string& more = "") {
    std::string told;
    for (const Finding& found : test::findings_in("version: 1\ntriggers:\n  - {webhook: a, verify: " + verify + more +
                                                  "}\nactions: {set: {a: b}}\n")) {
      told += found.rule + " ";
      CHECK(found.severity == Severity::warning);
    }
    return told;
  };
  for (const char* bare : {"{github: 'secret:s'}", "{shopify: 'secret:s'}", "{bearer: 'secret:s'}",
                           "{secret_path: 'secret:s'}", "{hmac: {secret: 'secret:s', header: x-sig}}"}) {
    CAPTURE(bare);
    CHECK(asked(bare) == "missing-dedupe ");
    for (const char* said : {", dedupe: none", ", dedupe: body", ", dedupe: event.id"})
      CHECK(asked(bare, said).empty());
  }
  for (const char* covered : {"public", "highlevel", "{standard_webhooks: 'secret:s'}", "{slack: 'secret:s'}",
                              "{stripe: 'secret:s'}", "{hmac: {secret: 'secret:s', header: x-sig, timestamp: x-time}}",
                              "{hmac: {secret: 'secret:s', header: Stripe-Signature}}"}) {
    CAPTURE(covered);
    CHECK(asked(covered).empty());
  }
}

TEST_CASE("where a connection names a secret, nothing stands beside the name, and its address holds no password") {
  const auto rules = [](const std::string& settings) { return project_rules(", " + settings); };
  const auto header = [&rules](const std::string& name, const std::string& value) {
    return rules("base_url: 'https://a.example', auth: {header: {name: " + name + ", value: '" + value + "'}}");
  };
  CHECK(header("X-Api-Key", "Token secret:shop") == "");
  for (const char* value : {"secret:a secret:b", "secret:shop suffix", "Token secret:shop.x"})
    CHECK(header("X-Api-Key", value) == "wrong-value ");
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "CONNECTION", "TE"})
    CHECK(header(name, "secret:shop") == "wrong-value ");
  CHECK(rules("base_url: 'https://a.example', auth: {token: 'secret:shop/x'}") == "wrong-value ");
  CHECK(rules("base_url: 'https://a.example', auth: {query: {name: k, value: 'secret:a&b'}}") == "wrong-value ");
  CHECK(rules("base_url: 'secret:hook'") == "");
  CHECK(rules("base_url: 'secret:hook/'") == "");
  CHECK(rules("base_url: 'secret:'") == "wrong-value ");
  CHECK(rules("base_url: 'secret:shop/path'") == "wrong-value ");
  CHECK(rules("base_url: 'https://ada:pw@a.example/x'") == "plain-secret ");
  CHECK(rules("base_url: 'https://a.example/@ada'") == "");
}

TEST_CASE("a secret's name is as unread in large letters as in small ones") {
  for (const char* handle : {"secret:shop", "Secret:shop", "SECRET:shop", "Bearer SECRET:shop"}) {
    CAPTURE(handle);
    const std::string headers = "{X-Api-Key: '" + std::string(handle) + "'}";
    CHECK(rules_of("{action: stock.fetch, with: {headers: " + headers + "}}").find("unread-secret ") !=
          std::string::npos);
  }
  CHECK(rules_of("{set: {text: 'Secret: ask ada'}}") == "");
}

TEST_SUITE_END();
