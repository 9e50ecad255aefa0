#include "base/private_files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "file_mode.hpp"
#include "temporary_folder.hpp"

using namespace millrace;
using test::mode;
using test::TemporaryFolder;

namespace {

/// What is read; REQUIRE: it is not refused.
std::optional<std::string> text_of(const std::filesystem::path& file, Others others, std::size_t most = 1000) {
  const auto read = read_private_file(file.string(), others, most);
  REQUIRE(read);
  return *read;
}

/// Why the file is not read; empty: it is.
std::string refusal(const std::filesystem::path& file, Others others) {
  const auto read = read_private_file(file.string(), others);
  return read ? "" : read.error().message.substr(file.string().size());
}

}  // namespace

TEST_SUITE_BEGIN("base");

TEST_CASE("folders are made for this user alone, those above them too, and the ones that were there stay as they are") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "open");
  ::chmod((folder.path() / "open").c_str(), 0755);
  REQUIRE(make_private_folder((folder.path() / "open" / "a" / "b").string()));
  CHECK(mode(folder.path() / "open") == 0755);
  CHECK(mode(folder.path() / "open" / "a") == 0700);
  CHECK(mode(folder.path() / "open" / "a" / "b") == 0700);
  REQUIRE(keep_folder_private((folder.path() / "open").string()));
  CHECK(mode(folder.path() / "open") == 0700);
  folder.write("file", "");
  CHECK_FALSE(make_private_folder((folder.path() / "file").string()));
  CHECK_FALSE(make_private_folder((folder.path() / "file" / "below").string()));
}

TEST_CASE("a folder behind a link keeps what its owner has allowed") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "real");
  ::chmod((folder.path() / "real").c_str(), 0750);
  std::filesystem::create_directory_symlink(folder.path() / "real", folder.path() / "link");
  REQUIRE(keep_folder_private((folder.path() / "link").string()));
  CHECK(mode(folder.path() / "real") == 0750);
}

TEST_CASE("a file is read as far as others can do no more with it than is said") {
  const TemporaryFolder folder;
  const auto file = folder.write("key", "text");
  for (const unsigned allowed : {0600u, 0400u, 0700u}) {
    ::chmod(file.c_str(), allowed);
    CHECK(text_of(file, Others::may_not_read) == "text");
  }
  for (const unsigned readable : {0640u, 0604u, 0644u, 0610u}) {
    ::chmod(file.c_str(), readable);
    CHECK(refusal(file, Others::may_not_read).find(" can be read by others: run \"chmod 600 ") == 0);
    CHECK(refusal(file, Others::may_read).empty());
  }
  for (const unsigned writable : {0620u, 0602u, 0666u}) {
    ::chmod(file.c_str(), writable);
    CHECK(refusal(file, Others::may_read).find(" can be written by others: run \"chmod go-w ") == 0);
    CHECK(refusal(file, Others::anything).empty());
  }
}

TEST_CASE("a link, a FIFO and a folder are not read, and nobody waits for them") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", "text");
  ::chmod(file.c_str(), 0600);
  std::filesystem::create_symlink(file, folder.path() / "link");
  REQUIRE(::mkfifo((folder.path() / "fifo").c_str(), 0600) == 0);
  std::filesystem::create_directory(folder.path() / "folder");
  for (const Others others : {Others::may_read, Others::may_not_read}) {
    CHECK(refusal(folder.path() / "link", others).find(" is a link") == 0);
    CHECK(refusal(folder.path() / "fifo", others).find(" is no ordinary file") == 0);
    CHECK(refusal(folder.path() / "folder", others).find(" is no ordinary file") == 0);
  }
  CHECK(text_of(folder.path() / "link", Others::anything) == "text");
  CHECK(refusal(folder.path() / "fifo", Others::anything) == " is no ordinary file");
  CHECK_FALSE(check_private_file((folder.path() / "link").string()));
  CHECK(check_private_file((folder.path() / "none").string()));
  CHECK(text_of(folder.path() / "none", Others::may_not_read) == std::nullopt);
}

TEST_CASE("no more is read than is allowed") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", std::string(10'000, 'x'));
  ::chmod(file.c_str(), 0600);
  CHECK(text_of(file, Others::may_not_read, 10'000)->size() == 10'000);
  const auto refused = read_private_file(file.string(), Others::may_not_read, 9'999);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::limited);
}

TEST_CASE("what belongs to another user is not believed" * doctest::skip(::geteuid() != 0)) {
  const TemporaryFolder folder;
  const auto file = folder.write("key", "text");
  ::chmod(file.c_str(), 0600);
  REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
  CHECK(refusal(file, Others::may_not_read).find(" belongs to nobody") == 0);
  // Root looks after a folder of somebody else.
  REQUIRE(::chown(folder.path().c_str(), 65534, 65534) == 0);
  CHECK(refusal(file, Others::may_not_read).empty());
  REQUIRE(::chown(file.c_str(), 65533, 65534) == 0);
  CHECK(refusal(file, Others::may_not_read).find(" belongs to user 65533") == 0);
}

TEST_SUITE_END();
