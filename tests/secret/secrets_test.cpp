#include "secret/secrets.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "temporary_folder.hpp"

namespace millrace {

namespace {

/// A variable of the environment, for as long as a test runs.
struct Variable {
  Variable(const char* variable, const std::string& value) : name(variable) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  const char* name;
};

void keep_private(const std::filesystem::path& file) {
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

struct Project {
  explicit Project(const std::string& secrets) { keep_private(folder.write("state/secrets.json", secrets)); }
  test::TemporaryFolder folder;
  std::unique_ptr<Secrets> secrets = open_secrets(folder.path());
};

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
  CHECK(found.error().message == "no secret \"prune-webhook\" (looked in the environment and " +
                                     (folder.path() / "state/secrets.json").string() +
                                     "): set it with MILLRACE_SECRET_PRUNE_WEBHOOK or in state/secrets.json");
}

TEST_CASE("a file of secrets that others can read is refused with the cure") {
  const Project project(R"({"token": "abcdefgh"})");
  const auto file = project.folder.path() / "state/secrets.json";
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  const auto found = project.secrets->find("secret:token");
  CHECK(found.error().code == ErrorCode::denied);
  CHECK(found.error().message ==
        file.string() + " holds secrets and can be read by others: run \"chmod 600 " + file.string() + "\"");
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
