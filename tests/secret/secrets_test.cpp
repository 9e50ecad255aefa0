#include "secret/secrets.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "own_keys.hpp"
#include "secret/redacted.hpp"
#include "temporary_folder.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

using test::Variable;

void keep_private(const std::filesystem::path& file) {
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

struct Project {
  explicit Project(const std::string& text) {
    keep_private(folder.write("state/secrets.json", text));
    secrets = open_secrets(folder.path());
  }
  test::TemporaryFolder folder;
  std::unique_ptr<Secrets> secrets;
};

/// Whether the text becomes that as soon as the files have been looked at once more.
bool soon_becomes(const Secrets& secrets, const std::string& text, const std::string& expected) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (secrets.redact(text) != expected && std::chrono::steady_clock::now() < deadline) continue;
  return secrets.redact(text) == expected;
}

}  // namespace

TEST_CASE("the environment comes before systemd's folder, and that before the project's file") {
  const Project project(R"({"highlevel_token": "from-file"})");
  CHECK(project.secrets->find("secret:highlevel_token")->reveal() == "from-file");

  const test::TemporaryFolder credentials;
  credentials.write("highlevel_token", "from-systemd\n");
  const Variable folder("CREDENTIALS_DIRECTORY", credentials.path().string());
  CHECK(project.secrets->find("secret:highlevel_token")->reveal() == "from-systemd");

  const Variable variable("MILLRACE_SECRET_HIGHLEVEL_TOKEN", "from-environment");
  CHECK(project.secrets->find("secret:highlevel_token")->reveal() == "from-environment");
}

TEST_CASE("a secret that is nowhere is an error that says how to set it") {
  const test::TemporaryFolder folder;
  const auto secrets = open_secrets(folder.path());
  const auto found = secrets->find("secret:prune-webhook");
  CHECK(found.error().code == ErrorCode::not_found);
  CHECK(found.error().message == "no secret \"prune-webhook\" (looked in the environment, the vault and " +
                                     (folder.path() / "state/secrets.json").string() +
                                     "): \"millrace secret set prune-webhook\" gives it a value, or "
                                     "MILLRACE_SECRET_PRUNE_WEBHOOK in the environment");
}

TEST_CASE("the tokens of a connection are given to nobody who asks for them as a secret") {
  const test::User user;
  const test::TemporaryFolder folder;
  Vault vault(folder.path());
  REQUIRE(vault.put("oauth_shop", Secret(R"({"access":{"token":"access-canary"},"refresh":"refresh-canary"})")));
  REQUIRE(vault.put("oauth_notes", Secret("a secret of somebody's")));
  const auto secrets = open_secrets(folder.path(), vault);
  const auto found = secrets->find("secret:oauth_shop");
  CHECK(found.error().code == ErrorCode::denied);
  CHECK(
      found.error().message ==
      "\"oauth_shop\" is where the tokens of connection \"shop\" are kept, which are shown for that connection alone: "
      "name another secret");
  CHECK(secrets->find("secret:oauth_notes")->reveal() == "a secret of somebody's");
  const Variable variable("MILLRACE_SECRET_OAUTH_SHOP", "a value of one's own");
  CHECK(secrets->find("secret:oauth_shop")->reveal() == "a value of one's own");
}

TEST_CASE("a file of secrets that others can read is refused with the cure") {
  const Project project(R"({"token": "abcdefgh"})");
  const auto file = project.folder.path() / "state/secrets.json";
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  const auto found = project.secrets->find("secret:token");
  CHECK(found.error().code == ErrorCode::denied);
  CHECK(found.error().message == file.string() + " can be read by others: run \"chmod 600 " + file.string() + "\"");
}

TEST_CASE("names that would leave the credentials folder are no handles") {
  const Project project("{}");
  for (const char* handle : {"secret:../passwd", "secret:a/b", "secret:", "token", "secret:a.b"}) {
    CAPTURE(handle);
    CHECK(project.secrets->find(handle).error().code == ErrorCode::invalid);
  }
}

TEST_CASE("a file of secrets that is broken is named, and its text is not shown") {
  for (const char* text : {R"({"token": hunter22})", R"(["hunter22"])", R"({"token": ["hunter22"]})"}) {
    const Project project(text);
    const auto found = project.secrets->find("secret:token");
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find("secrets.json") != std::string::npos);
    CHECK(found.error().message.find("hunter22") == std::string::npos);
  }
}

TEST_CASE("a value is redacted in every form in which it leaves") {
  const Project project(R"({"token": "pit-A/b+c=d&\"e\""})");
  REQUIRE(project.secrets->find("secret:token"));
  const auto redact = [&](const char* text) { return project.secrets->redact(text); };
  CHECK(redact("Bearer pit-A/b+c=d&\"e\" sent") == "Bearer secret:token sent");
  CHECK(redact("?key=pit-A%2Fb%2Bc%3Dd%26%22e%22") == "?key=secret:token");
  CHECK(redact("?key=pit-A%2fb%2bc%3dd%26%22e%22&x=1") == "?key=secret:token&x=1");
  CHECK(redact(R"({"k":"pit-A/b+c=d&\"e\""})") == R"({"k":"secret:token"})");
  CHECK(redact("cGl0LUEvYitjPWQmImUi") == "secret:token");           // alone
  CHECK(redact("dTpwaXQtQS9iK2M9ZCYiZSI=") == "dTpsecret:tokenI=");  // behind "u:"
  CHECK(redact("nothing here") == "nothing here");
}

TEST_CASE("a value is redacted in the forms in which others write it") {
  const std::string value = "k\xC3\xA4y/\xF0\x9F\x94\x91 <a&b>'\"\n+~*z";
  const Project project(R"({"token": "k\u00e4y/\ud83d\udd11 <a&b>'\"\n+~*z"})");
  for (const std::string& form : std::vector<std::string>{
           value,
           std::string("k%C3%A4y%2F%F0%9F%94%91%20%3Ca%26b%3E%27%22%0A%2B~%2Az"),
           std::string("k%c3%a4y/%f0%9f%94%91%20%3ca%26b%3e%27%22%0a%2b~%2az"),
           std::string("k%C3%A4y/%F0%9F%94%91%20%3Ca&b%3E'%22%0A+~*z"),
           std::string("k%25C3%25A4y%252F%25F0%259F%2594%2591%2520%253Ca%2526b%253E%2527%2522%250A%252B~%252Az"),
           std::string("k%C3%A4y%2F%F0%9F%94%91+%3Ca%26b%3E%27%22%0A%2B%7E*z"),
           std::string(R"(k\u00e4y/\ud83d\udd11 <a&b>'\"\n+~*z)"),
           std::string(R"(k\u00E4y\/\uD83D\uDD11 \u003Ca\u0026b\u003E'\"\n+~*z)"),
           "k\xC3\xA4y\\/\xF0\x9F\x94\x91 \\u003ca\\u0026b\\u003e'\\\"\\n+~*z",
           "k\xC3\xA4y/\xF0\x9F\x94\x91 &lt;a&amp;b&gt;&#39;&quot;\n+~*z",
           "k\xC3\xA4y/\xF0\x9F\x94\x91 &lt;a&amp;b&gt;&#x27;&quot;\n+~*z",
           "k\xC3\xA4y/\xF0\x9F\x94\x91 &lt;a&amp;b&gt;'\"\n+~*z",
           std::string("6bc3a4792ff09f9491203c6126623e27220a2b7e2a7a"),
           std::string("6BC3A4792FF09F9491203C6126623E27220A2B7E2A7A"),
       }) {
    CAPTURE(form);
    CHECK(project.secrets->redact("x " + form + " y") == "x secret:token y");
  }
}

TEST_CASE("a value is redacted whichever of its characters its carrier has escaped, and how often") {
  const Project project(R"({"token": "k\u00e4y/<a&b>'\"+~z", "hook": "a%2Fb?x=1&y=\\n2"})");
  for (const char* form : {
           "%6b%C3%A4%79%2f%3c%61%26%62%3e%27%22%2b%7e%7a",
           "k%u00E4y/<a&b>'%22+~z",
           R"(\u006B\u00e4\u0079\u002f\u003ca&b>'\"+~z)",
           R"(\x6b\xc3\xa4y/<a&b>\'"+~z)",
           "&#107;&#228;y&#x2F;&#x3c;a&amp;b&gt;&apos;&quot;&#43;~z",
           "k\xC3\xA4y&sol;&lt;a&amp;amp;b&gt;&amp;#39;&quot;&plus;~z",
           R"(k\u00e4y\/&lt;a\u0026amp;b&gt;'\&quot;%2B~z)",
           R"(k%5Cu00e4y%5C%2F%3Ca%26b%3E'%5C%22%2B~z)",
           R"(k\\u00e4y\\\/<a&b>'\\\"+~z)",
           "k%2525C3%2525A4y/<a&b>'%252522+~z",
       }) {
    CAPTURE(form);
    CHECK(project.secrets->redact("x " + std::string(form) + " y") == "x secret:token y");
  }
  for (const char* form : {R"(a%2Fb?x=1&y=\n2)", R"(a%2Fb?x=1&amp;y=\n2)", R"(a%2Fb?x=1\u0026y=\\n2)",
                           R"(a%252Fb%3Fx%3D1%26y%3D%5Cn2)", R"(a%252Fb%3Fx%3D1%26amp%3By%3D%5C%5Cn2)"}) {
    CAPTURE(form);
    CHECK(project.secrets->redact(form) == "secret:hook");
  }
  CHECK(project.secrets->redact("k%C3%A4y, 100% &amp; a+b, %zz \\q &#xZ; %") ==
        "k%C3%A4y, 100% &amp; a+b, %zz \\q &#xZ; %");
}

TEST_CASE("a value that is repeated without an end is redacted each time") {
  const Project project(R"({"token": "pit-A/b+c=d"})");
  std::string said, expected;
  for (int i = 0; i < 100'000; ++i) {
    said += i % 2 == 0 ? "<pit-A/b+c=d>" : "<pit-A%2Fb%2Bc%3Dd>";
    expected += "<secret:token>";
  }
  CHECK(project.secrets->redact(said) == expected);
}

TEST_CASE("base64 that is carried in an address or in JSON is redacted, too") {
  const Project project("{\"token\": \"\u00ff\u00fe?\?>>\u00fb\u00ff\u00ef!\"}");
  REQUIRE(project.secrets->find("secret:token"));
  for (const char* form : {"w7/Dvj8/Pj7Du8O/w68h", "w7%2FDvj8%2FPj7Du8O%2Fw68h", "w7%2fDvj8%2fPj7Du8O%2fw68h",
                           "w7\\/Dvj8\\/Pj7Du8O\\/w68h", "w7_Dvj8_Pj7Du8O_w68h"}) {
    CAPTURE(form);
    CHECK(project.secrets->redact(form) == "secret:token");
  }
}

TEST_CASE("of an address that is a secret, what stands after its host alone is redacted, too") {
  const Project project(R"({"hook": "https://hooks.example.com/services/T0/B0/abcdef",
                            "query": "https://in.example.com?key=T0/B0/123456"})");
  CHECK(project.secrets->redact("GET ?key=T0/B0/123456") == "GET secret:query");
  CHECK(project.secrets->redact("POST /services/T0/B0/abcdef") == "POST secret:hook");
  CHECK(project.secrets->redact("https://hooks.example.com/services/T0/B0/abcdef") == "secret:hook");
  CHECK(project.secrets->redact("https://hooks.example.com") == "https://hooks.example.com");
}

TEST_CASE("in a value each text is redacted as it would be alone, wherever it stands and whatever stands beside it") {
  const Project project(R"({"long": "opensesame", "short": "abc"})");
  const auto shown = [&](const Value& value) { return encode_json(redacted(*project.secrets, value)); };
  CHECK(shown(Value::List{"open", "sesame"}) == R"(["open","sesame"])");  // two texts are no secret together
  for (const std::string before : {"", "x", "x\\", "%4", "&am", "\\u00", "+", "\n"}) {
    for (const std::string behind : {"", "x", "\\", "65", "p;", "e9", "+", "\n"}) {
      for (const auto& [secret, handle] : std::map<std::string, std::string>{{"opensesame", "secret:long"},
                                                                             {"open%73esame", "secret:long"},
                                                                             {"abc", "secret:short"},
                                                                             {"is abc here", "is secret:short here"},
                                                                             {"xabc", "xabc"}}) {
        CAPTURE(before);
        CAPTURE(behind);
        CHECK(redacted(*project.secrets, Value::List{before, secret, behind}) == Value::List{before, handle, behind});
        CHECK(redacted(*project.secrets, Value::object({{"a", before}, {"b", Value::List{secret}}, {"c", behind}})) ==
              Value::object({{"a", before}, {"b", Value::List{handle}}, {"c", behind}}));
      }
    }
  }
  const std::string long_text(100'000, '.');
  CHECK(redacted(*project.secrets, Value::List{long_text, long_text + " opensesame", 1}) ==
        Value::List{long_text, long_text + " secret:long", 1});
  CHECK(shown(Value::object({{"opensesame", 1}})) == R"({"secret:long":1})");
  CHECK(redacted(*project.secrets, Value::bytes("opensesame")) == Value::bytes("secret:long"));
  CHECK(redacted(*project.secrets, Value::unknown("opensesame")) == Value::unknown("secret:long"));
  CHECK(shown(7) == "7");
}

TEST_CASE("a secret of digits is redacted where it comes back as a number, and other numbers stay numbers") {
  const Project project(R"({"account": "86753091234", "pin": "4711", "rate": "3.14159265"})");
  const auto shown = [&](const std::string& json) {
    return encode_json(redacted(*project.secrets, *parse_json(json)));
  };
  CHECK(shown(R"({"k":86753091234})") == R"({"k":"secret:account"})");
  CHECK(shown(R"({"k":[86753091234.0,8.6753091234e10]})") == R"({"k":["secret:account","secret:account"]})");
  CHECK(shown("[-86753091234,4711,3.14159265]") == R"(["-secret:account","secret:pin","secret:rate"])");
  CHECK(shown("[8675309123,147110,4711.5,0.5,-1,true,null]") == "[8675309123,147110,4711.5,0.5,-1,true,null]");
  CHECK(redacted(*project.secrets, std::uint64_t{86753091234}) == Value("secret:account"));
  CHECK(redacted(*project.secrets, Value::optional(4711)) == Value::optional("secret:pin"));
  Map by_number;
  by_number.set(86753091234, Value("x"));
  by_number.set(7, Value("y"));
  CHECK(shown(encode_json(redacted(*project.secrets, Value(std::move(by_number))))) ==
        R"({"secret:account":"x","7":"y"})");
}

TEST_CASE("what can be found is redacted before anybody asks for it") {
  const test::TemporaryFolder credentials;
  credentials.write("from_systemd", "in-the-folder\n");
  const Variable folder("CREDENTIALS_DIRECTORY", credentials.path().string());
  const Variable variable("MILLRACE_SECRET_FROM_ENVIRONMENT", "in-the-variable");
  const Project project(R"({"from_file": "in-the-file"})");
  CHECK(project.secrets->redact("in-the-folder in-the-variable in-the-file") ==
        "secret:from_systemd secret:from_environment secret:from_file");
}

TEST_CASE("what somebody sets elsewhere is redacted a moment later, before anybody asks for it") {
  const test::User user;
  const test::TemporaryFolder folder;
  const auto secrets = open_secrets(folder.path());
  CHECK(secrets->redact("value-of-vault") == "value-of-vault");
  Vault elsewhere(folder.path());
  REQUIRE(elsewhere.put("late", Secret("value-of-vault")));
  CHECK(soon_becomes(*secrets, "value-of-vault", "secret:late"));
  CHECK(redacted(*secrets, Value("value-of-vault")) == Value("secret:late"));
  REQUIRE(elsewhere.put("late", Secret("value-of-rotation"), {.keep_previous = true}));
  CHECK(soon_becomes(*secrets, "value-of-rotation", "secret:late"));
  CHECK(secrets->redact("value-of-vault value-of-rotation") == "secret:late secret:late");
  keep_private(folder.write("state/secrets.json", R"({"filed": "value-of-file"})"));
  CHECK(soon_becomes(*secrets, "value-of-file", "secret:filed"));
  keep_private(folder.write("state/secrets.json", R"({"filed": "another-value-of-file"})"));
  CHECK(soon_becomes(*secrets, "another-value-of-file", "secret:filed"));
  CHECK(secrets->redact("value-of-file another-value-of-file") == "secret:filed secret:filed");
  const test::TemporaryFolder credentials;
  credentials.write("given", "value-of-systemd");
  const Variable variable("CREDENTIALS_DIRECTORY", credentials.path().string());
  CHECK(soon_becomes(*secrets, "value-of-systemd", "secret:given"));
}

TEST_CASE(
    "of a connection's tokens each is redacted, whoever has put them there and whether anybody has asked or not") {
  const std::string tokens =
      R"({"access":{"token":"access-canary","scopes":["tags.read"]},"refresh":"refresh-canary","company":"company-1",)"
      R"("locations":{"loc_main":{"token":"local-canary","issued":"2026-03-01T09:00:00Z"}}})";
  const test::User user;
  const test::TemporaryFolder folder;
  Vault vault(folder.path());
  REQUIRE(vault.put("oauth_shop", Secret(tokens)));
  const auto secrets = open_secrets(folder.path());
  CHECK(secrets->redact("access-canary refresh-canary local-canary") ==
        "secret:oauth_shop secret:oauth_shop secret:oauth_shop");
  CHECK(secrets->redact("company-1 tags.read loc_main") == "company-1 tags.read loc_main");
  REQUIRE(vault.put("oauth_client", Secret("a secret of somebody's")));
  CHECK(soon_becomes(*secrets, "a secret of somebody's", "secret:oauth_client"));
}

TEST_CASE("a variable with a secret is taken out of the environment and its memory, and can still be found") {
  const Variable variable("MILLRACE_SECRET_TAKEN_OUT", "kept-in-memory");
  const char* memory = std::getenv("MILLRACE_SECRET_TAKEN_OUT");
  const Project first("{}");
  CHECK(std::getenv("MILLRACE_SECRET_TAKEN_OUT") == nullptr);
  CHECK(std::string(memory, 14) == std::string(14, '\0'));
  CHECK(first.secrets->find("secret:taken_out")->reveal() == "kept-in-memory");
  const Project second("{}");
  CHECK(second.secrets->find("secret:taken-out")->reveal() == "kept-in-memory");
}

TEST_CASE("an older value stays redacted after the secret was changed") {
  const Project project(R"({"token": "old-value"})");
  REQUIRE(project.secrets->find("secret:token"));
  project.folder.write("state/secrets.json", R"({"token": "new-value"})");
  CHECK(project.secrets->find("secret:token")->reveal() == "new-value");
  CHECK(project.secrets->redact("old-value, new-value") == "secret:token, secret:token");
}

TEST_CASE("a short value is redacted only where it is a word, so that text stays readable") {
  const Project project(R"({"pin": "4711", "letter": "a", "long": "4711-4711"})");
  REQUIRE(project.secrets->find("secret:pin"));
  REQUIRE(project.secrets->find("secret:letter"));
  REQUIRE(project.secrets->find("secret:long"));
  CHECK(project.secrets->redact("pin 4711, order 147110, a tag") == "pin secret:pin, order 147110, a tag");
  CHECK(project.secrets->redact("4711-4711") == "secret:long");
}

}  // namespace millrace
