#include "secret/vault.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "own_keys.hpp"
#include "secret/secrets.hpp"

namespace millrace {

namespace {

using test::Variable;

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void write_private(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  ::chmod(file.c_str(), 0600);
}

unsigned mode_of(const std::filesystem::path& file) {
  struct stat about = {};
  return ::lstat(file.c_str(), &about) == 0 ? about.st_mode & 07777 : 0;
}

std::string value_of(Vault& vault, const char* name) {
  const auto found = vault.get(name);
  REQUIRE_MESSAGE(found, found.error().message);
  return *found ? (*found)->secret.reveal() : "none";
}

struct Place {
  test::User user;
  test::TemporaryFolder project;
  Vault vault{project.path()};
  std::filesystem::path file() const { return project.path() / "state" / "vault"; }
};

}  // namespace

TEST_CASE("what is put into the vault comes out again, in this program and in the next one") {
  Place place;
  CHECK(value_of(place.vault, "token") == "none");
  REQUIRE(place.vault.put("token", Secret("pit-0123")));
  CHECK(value_of(place.vault, "token") == "pit-0123");
  Vault later(place.project.path());
  CHECK(value_of(later, "token") == "pit-0123");
  CHECK(value_of(later, "other") == "none");
}

TEST_CASE("the file tells neither names nor values, and nobody else can read it or its key") {
  Place place;
  REQUIRE(place.vault.put("agency_token", Secret("pit-canary")));
  const std::string text = content_of(place.file());
  CHECK(text.find("pit-canary") == std::string::npos);
  CHECK(text.find("agency") == std::string::npos);
  CHECK(mode_of(place.file()) == 0600);
  CHECK(mode_of(place.user.key_file()) == 0600);
  CHECK(mode_of(place.user.key_file().parent_path()) == 0700);
  CHECK(mode_of(place.file().parent_path()) == 0700);
}

TEST_CASE("versions grow with every write, and none comes back after a removal") {
  Place place;
  const auto first = place.vault.put("token", Secret("one"));
  const auto second = place.vault.put("token", Secret("two"));
  REQUIRE(second);
  CHECK(*second > *first);
  CHECK(*place.vault.remove("token"));
  CHECK_FALSE(*place.vault.remove("token"));
  CHECK(*place.vault.put("token", Secret("three")) > *second);
}

TEST_CASE("who expects another version than there is changes nothing and hears of a conflict") {
  Place place;
  const auto version = place.vault.put("token", Secret("one"), {.expected = 0});
  REQUIRE(version);
  for (const std::uint64_t expected : {std::uint64_t{0}, *version + 1, *version - 1}) {
    CHECK(place.vault.put("token", Secret("two"), {.expected = expected}).error().code == ErrorCode::conflict);
  }
  CHECK(place.vault.remove("token", *version + 1).error().code == ErrorCode::conflict);
  CHECK(place.vault.put("other", Secret("two"), {.expected = 5}).error().code == ErrorCode::conflict);
  CHECK(value_of(place.vault, "token") == "one");
  CHECK(value_of(place.vault, "other") == "none");
  CHECK(place.vault.put("token", Secret("two"), {.expected = *version}));
}

TEST_CASE("of many that replace the same version at once, one wins, and nobody's other entry is lost") {
  Place place;
  const auto version = place.vault.put("shared", Secret("begin"));
  REQUIRE(version);
  constexpr int many = 6;
  std::vector<pid_t> children;
  for (int each = 0; each < many; ++each) {
    const pid_t child = ::fork();
    if (child == 0) {
      Vault vault(place.project.path());
      const std::string own = "own" + std::to_string(each);
      if (!vault.put(own, Secret(own))) ::_exit(2);
      ::_exit(vault.put("shared", Secret(own), {.expected = *version}) ? 0 : 1);
    }
    children.push_back(child);
  }
  int won = 0, lost = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    (WEXITSTATUS(status) == 0 ? won : lost) += WEXITSTATUS(status) < 2 ? 1 : 0;
  }
  CHECK(won == 1);
  CHECK(lost == many - 1);
  CHECK(place.vault.list()->size() == many + 1);
}

TEST_CASE("during a rotation the value before is still there, until it is forgotten or the next one comes") {
  Place place;
  REQUIRE(place.vault.put("token", Secret("one")));
  const auto second = place.vault.put("token", Secret("two"), {.keep_previous = true});
  REQUIRE(second);
  CHECK((*place.vault.get("token"))->previous->reveal() == "one");
  CHECK(place.vault.list()->front().previous);
  CHECK(place.vault.end_rotation("token", false, *second - 1).error().code == ErrorCode::conflict);
  CHECK(*place.vault.end_rotation("token", false, *second));
  CHECK_FALSE(*place.vault.end_rotation("token", false));
  CHECK_FALSE((*place.vault.get("token"))->previous);
  CHECK((*place.vault.get("token"))->version == *second);
  REQUIRE(place.vault.put("token", Secret("three"), {.keep_previous = true}));
  REQUIRE(place.vault.put("token", Secret("four")));
  CHECK_FALSE((*place.vault.get("token"))->previous);
}

TEST_CASE("a rotation that is taken back makes the value before the newest, under a new version") {
  Place place;
  REQUIRE(place.vault.put("token", Secret("one")));
  CHECK_FALSE(*place.vault.end_rotation("token", true));
  const auto second = place.vault.put("token", Secret("two"), {.keep_previous = true});
  CHECK(place.vault.end_rotation("token", true, *second + 1).error().code == ErrorCode::conflict);
  CHECK(*place.vault.end_rotation("token", true, *second));
  const auto now = place.vault.get("token");
  CHECK((*now)->secret.reveal() == "one");
  CHECK((*now)->version > *second);
  CHECK_FALSE((*now)->previous);
  CHECK_FALSE(*place.vault.end_rotation("absent", true));
}

TEST_CASE("a vault from another key is not read and not overwritten, by a set, a removal or a start anew") {
  Place place;
  REQUIRE(place.vault.put("token", Secret("one")));
  const std::string before = content_of(place.file());
  const test::User stranger;
  Vault vault(place.project.path());
  CHECK(vault.get("token").error().code == ErrorCode::not_found);
  CHECK(vault.put("token", Secret("two")).error().code == ErrorCode::not_found);
  CHECK_FALSE(std::filesystem::exists(stranger.key_file()));

  const test::TemporaryFolder elsewhere;
  Vault other(elsewhere.path());
  REQUIRE(other.put("their", Secret("own")));
  REQUIRE(std::filesystem::exists(stranger.key_file()));
  CHECK(vault.get("token").error().code == ErrorCode::denied);
  CHECK(vault.put("token", Secret("two")).error().code == ErrorCode::denied);
  CHECK(vault.remove("token").error().code == ErrorCode::denied);
  CHECK(vault.begin_with_passphrase(Secret("p")).error().code == ErrorCode::conflict);
  CHECK(content_of(place.file()) == before);
}

TEST_CASE("a vault that is cut, changed or something else is refused with its name, and is not overwritten") {
  Place place;
  REQUIRE(place.vault.put("token", Secret("one")));
  const std::string whole = content_of(place.file());
  std::vector<std::string> broken = {"", "{}", "[1]", "{\"vault\":1}", "not a vault", std::string(300, '\0')};
  for (std::size_t cut = 1; cut + 2 < whole.size(); cut += 7) broken.push_back(whole.substr(0, cut));
  for (std::size_t at = 0; at + 2 < whole.size(); at += 5) {
    std::string changed = whole;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    broken.push_back(changed);
  }
  for (const std::string& text : broken) {
    CAPTURE(text);
    write_private(place.file(), text);
    Vault vault(place.project.path());
    const auto found = vault.get("token");
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find(place.file().string()) != std::string::npos);
    CHECK_FALSE(vault.put("token", Secret("two")));
    CHECK(content_of(place.file()) == text);
  }
}

TEST_CASE("a vault of a later program is not touched") {
  Place place;
  write_private(place.file(), R"({"vault":2,"key":"0123456789abcdef","passphrase":null,"sealed":"AAAA"})");
  CHECK(place.vault.put("token", Secret("one")).error().message.find("later") != std::string::npos);
}

TEST_CASE("a vault or a key that others can read, or that is a link, is refused") {
  Place place;
  REQUIRE(place.vault.put("token", Secret("one")));
  for (const std::filesystem::path& file : {place.file(), place.user.key_file()}) {
    CAPTURE(file.string());
    ::chmod(file.c_str(), 0640);
    Vault open(place.project.path());
    CHECK(open.get("token").error().code == ErrorCode::denied);
    ::chmod(file.c_str(), 0600);
    const std::filesystem::path real = file.string() + ".real";
    std::filesystem::rename(file, real);
    std::filesystem::create_symlink(real, file);
    Vault linked(place.project.path());
    CHECK(linked.get("token").error().code == ErrorCode::denied);
    CHECK_FALSE(linked.put("token", Secret("two")));
    std::filesystem::remove(file);
    std::filesystem::rename(real, file);
  }
  Vault again(place.project.path());
  CHECK(value_of(again, "token") == "one");
}

TEST_CASE("the key may come from systemd's folder, before the user's own, also as 32 bytes of base64 alone") {
  Place place;
  const test::TemporaryFolder credentials;
  credentials.write("millrace_vault_key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n");
  {
    const Variable folder("CREDENTIALS_DIRECTORY", credentials.path().string());
    REQUIRE(place.vault.put("token", Secret("one")));
    CHECK_FALSE(std::filesystem::exists(place.user.key_file()));
    credentials.write("millrace_vault_key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBka\n");
    Vault vault(place.project.path());
    CHECK(vault.get("token").error().code == ErrorCode::invalid);
  }
  Vault without(place.project.path());
  CHECK(without.get("token").error().code == ErrorCode::not_found);
}

TEST_CASE("a passphrase opens the vault that was made with it, out of a file for those who cannot be asked") {
  Place place;
  REQUIRE(place.vault.begin_with_passphrase(Secret("correct horse")));
  REQUIRE(place.vault.put("token", Secret("one")));
  CHECK_FALSE(std::filesystem::exists(place.user.key_file()));
  const std::filesystem::path words = place.project.path() / "words";
  write_private(words, "correct horse\n");
  const Variable file("MILLRACE_VAULT_PASSPHRASE_FILE", words.string());
  Vault knows(place.project.path());
  CHECK(value_of(knows, "token") == "one");
  write_private(words, "wrong horse\n");
  Vault errs(place.project.path());
  CHECK(errs.get("token").error().code == ErrorCode::denied);
  CHECK(errs.put("token", Secret("two")).error().code == ErrorCode::denied);
  ::chmod(words.c_str(), 0644);
  CHECK(errs.get("token").error().message.find("chmod 600") != std::string::npos);
}

TEST_CASE("a passphrase vault that was removed is not made anew with its key: nobody would know that afterwards") {
  Place place;
  REQUIRE(place.vault.begin_with_passphrase(Secret("correct horse")));
  REQUIRE(place.vault.put("token", Secret("one")));
  std::filesystem::remove(place.file());
  REQUIRE(place.vault.put("token", Secret("two")));
  Vault later(place.project.path());
  CHECK(value_of(later, "token") == "two");
}

TEST_CASE("the recovery text brings a lost key back, and no other text does") {
  Place place;
  REQUIRE(place.vault.put("token", Secret("one")));
  const auto text = place.vault.recovery_text();
  REQUIRE(text);
  std::filesystem::remove(place.user.key_file());
  Vault lost(place.project.path());
  CHECK_FALSE(lost.get("token"));

  std::string miscopied = text->reveal();
  miscopied[miscopied.size() - 6] = miscopied[miscopied.size() - 6] == 'A' ? 'B' : 'A';
  CHECK(lost.recover(Secret(miscopied)).error().code == ErrorCode::invalid);
  CHECK(lost.recover(Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")).error().code == ErrorCode::denied);
  CHECK_FALSE(std::filesystem::exists(place.user.key_file()));
  REQUIRE(lost.recover(*text));
  CHECK(mode_of(place.user.key_file()) == 0600);
  CHECK(value_of(lost, "token") == "one");
  CHECK(lost.recover(*text));

  write_private(place.user.key_file(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n");
  CHECK(lost.recover(*text).error().code == ErrorCode::conflict);
}

TEST_CASE("the recovery text opens a vault whose passphrase is forgotten") {
  Place place;
  REQUIRE(place.vault.begin_with_passphrase(Secret("forgotten")));
  REQUIRE(place.vault.put("token", Secret("one")));
  const auto text = place.vault.recovery_text();
  Vault later(place.project.path());
  REQUIRE(later.recover(*text));
  CHECK(value_of(later, "token") == "one");
}

TEST_CASE("no vault is made with a passphrase that is blank") {
  Place place;
  for (const char* blank : {"", " ", "\t\n"}) {
    const Status begun = place.vault.begin_with_passphrase(Secret(blank));
    CHECK(begun.error().code == ErrorCode::invalid);
    CHECK(begun.error().message.find("MILLRACE_VAULT_PASSPHRASE_FILE") != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(place.file()));
}

TEST_CASE("a credential that is no key hides none that is, and is told where there is no other") {
  Place place;
  REQUIRE(place.vault.put("token", Secret("one")));
  const test::TemporaryFolder credentials;
  credentials.write("millrace_vault_key", "garbage");
  const Variable folder("CREDENTIALS_DIRECTORY", credentials.path().string());
  Vault later(place.project.path());
  CHECK(value_of(later, "token") == "one");
  std::filesystem::remove(place.user.key_file());
  Vault without(place.project.path());
  CHECK(without.get("token").error().message.find("the credential millrace_vault_key") != std::string::npos);
}

TEST_CASE("what writers that were stopped have left goes with the next write, and nothing else does") {
  Place place;
  REQUIRE(place.vault.put("token", Secret("one")));
  const auto state = place.file().parent_path();
  write_private(state / ".vault.0123456789abcdef", content_of(place.file()));
  write_private(state / ".vault.mine", "x");
  write_private(state / ".vaults.0123456789abcdef", "x");
  REQUIRE(place.vault.put("token", Secret("two")));
  CHECK_FALSE(std::filesystem::exists(state / ".vault.0123456789abcdef"));
  CHECK(std::filesystem::exists(state / ".vault.mine"));
  CHECK(std::filesystem::exists(state / ".vaults.0123456789abcdef"));
  CHECK(value_of(place.vault, "token") == "two");
}

TEST_CASE("what cannot be a secret is refused before anything is written") {
  Place place;
  for (const char* name : {"", "a/b", "a b", "../x", "a.b", "\xC3\xA4"}) {
    CHECK(place.vault.put(name, Secret("x")).error().code == ErrorCode::invalid);
  }
  CHECK_FALSE(place.vault.put("token", Secret("")));
  CHECK_FALSE(place.vault.put("token", Secret("\xFF\xFE")));
  CHECK_FALSE(place.vault.put("token", Secret(std::string((64u << 10) + 1, 'x'))));
  CHECK_FALSE(std::filesystem::exists(place.file()));
  CHECK_FALSE(*place.vault.remove("token"));
  CHECK_FALSE(std::filesystem::exists(place.file()));
  CHECK_FALSE(std::filesystem::exists(place.user.key_file()));
}

TEST_CASE("the vault comes before the project's file, and what another process changes is seen at the next look") {
  Place place;
  write_private(place.project.path() / "state" / "secrets.json", R"({"token": "from-file", "other": "of-file"})");
  const auto secrets = open_secrets(place.project.path(), place.vault);
  CHECK(secrets->find("secret:token")->reveal() == "from-file");
  Vault elsewhere(place.project.path());
  REQUIRE(elsewhere.put("token", Secret("from-vault")));
  CHECK(secrets->find("secret:token")->reveal() == "from-vault");
  CHECK(secrets->find("secret:other")->reveal() == "of-file");
  REQUIRE(elsewhere.put("token", Secret("newer-one")));
  CHECK(secrets->find("secret:token")->reveal() == "newer-one");
  CHECK(secrets->redact("from-file from-vault newer-one") == "secret:token secret:token secret:token");
}

TEST_CASE("every value of the vault is redacted, asked for or not, just put in, or on its way out in a rotation") {
  Place place;
  REQUIRE(place.vault.put("first", Secret("value-of-first")));
  Vault vault(place.project.path());
  const auto secrets = open_secrets(place.project.path(), vault);
  CHECK(secrets->redact("value-of-first") == "secret:first");
  REQUIRE(vault.put("first", Secret("value-of-second"), {.keep_previous = true}));
  CHECK(secrets->redact("value-of-first value-of-second") == "secret:first secret:first");
  const auto later = open_secrets(place.project.path());
  CHECK(later->redact("value-of-first value-of-second") == "secret:first secret:first");
}

TEST_CASE("a vault that cannot be opened is told to who asks for a secret, and the file's is not taken for it") {
  Place place;
  write_private(place.project.path() / "state" / "secrets.json", R"({"token": "old-value"})");
  REQUIRE(place.vault.put("token", Secret("new-value")));
  std::filesystem::remove(place.user.key_file());
  const auto secrets = open_secrets(place.project.path());
  const auto found = secrets->find("secret:token");
  REQUIRE_FALSE(found);
  CHECK(found.error().message.find("sealed with the key") != std::string::npos);
}

}  // namespace millrace
