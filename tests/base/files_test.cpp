#include "base/files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "file_mode.hpp"
#include "temporary_folder.hpp"

using namespace millrace;
using test::mode;
using test::TemporaryFolder;

namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_SUITE_BEGIN("base");

TEST_CASE("what is no ordinary file is not read, and nobody is waited for") {
  const TemporaryFolder folder;
  const std::string fifo = (folder.path() / "fifo").string(), link = (folder.path() / "link").string();
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  std::filesystem::create_symlink(fifo, link);
  for (const std::string& file : {fifo, link, std::string("/dev/zero"), std::string("/dev/null")}) {
    const auto read = read_input(file);
    REQUIRE_FALSE(read);
    CHECK(read.error().message == "cannot read " + file + ": this is not a file that can be read");
  }
  const auto read = read_input(folder.path().string());
  REQUIRE_FALSE(read);
  CHECK(read.error().message == "cannot read " + folder.path().string() + ": this is a folder, not a file");
}

TEST_CASE("what a shell hands over is read to its end") {
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "{}", 2) == 2);
  ::close(ends[1]);
  const auto read = read_input("/dev/fd/" + std::to_string(ends[0]));
  ::close(ends[0]);
  REQUIRE(read);
  CHECK(*read == "{}");
  CHECK_FALSE(read_input("/dev/fd/none"));
}

TEST_CASE("a file is replaced as a whole, with the permissions that are asked for, and nothing lies beside it") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a b.json";
  for (const std::string& text : {std::string("first"), std::string(), std::string(3'000'000, 'x') + '\0'}) {
    REQUIRE(replace_file(file.string(), text, 0600));
    CHECK(content(file) == text);
    CHECK(mode(file) == 0600);
  }
  REQUIRE(replace_file(file.string(), "for all", 0644));
  CHECK(mode(file) == 0644);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("whoever has the old file open goes on reading the old one") {
  const TemporaryFolder folder;
  const auto file = folder.write("a", "old");
  std::ifstream reader(file);
  REQUIRE(replace_file(file.string(), "new", 0600));
  std::string read;
  reader >> read;
  CHECK(read == "old");
}

TEST_CASE("of all who put a new file there at once the first has its way, and nothing lies beside it") {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "key").string();
  std::atomic<int> first = 0;
  std::vector<std::thread> all;
  for (int i = 0; i < 8; ++i) {
    all.emplace_back([&file, &first, i] {
      const auto put = put_new_file(file, std::to_string(i), 0600);
      if (put && *put) ++first;
    });
  }
  for (std::thread& each : all) each.join();
  CHECK(first == 1);
  const std::string kept = content(file);
  const auto again = put_new_file(file, "other", 0600);
  REQUIRE(again);
  CHECK_FALSE(*again);
  CHECK(content(file) == kept);
  CHECK(mode(file) == 0600);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("nothing is written through a link, and what it leads to stays") {
  const TemporaryFolder folder;
  const auto other = folder.write("other", "left alone");
  std::filesystem::create_symlink(other, folder.path() / "a");
  const Status done = replace_file((folder.path() / "a").string(), "x", 0600);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::denied);
  CHECK(content(other) == "left alone");
  CHECK(files_in(folder.path()) == 2);
}

TEST_CASE("a file of somebody's is rewritten where it is as it was read, and stays where it is not") {
  const TemporaryFolder folder;
  const auto file = folder.write("a.yaml", "read");
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  REQUIRE(rewrite_file(file.string(), "read", "first"));
  CHECK(content(file) == "first");
  CHECK(mode(file) == 0640);

  for (const std::optional<std::string>& read : {std::optional<std::string>("read"), std::optional<std::string>()}) {
    CHECK(check_unchanged(file.string(), read).error().code == ErrorCode::conflict);
    CHECK(rewrite_file(file.string(), read, "second").error().code == ErrorCode::conflict);
    CHECK(content(file) == "first");
  }
  CHECK(check_unchanged(file.string(), "first"));

  std::filesystem::remove(file);
  CHECK_FALSE(check_unchanged(file.string(), "first"));
  CHECK_FALSE(rewrite_file(file.string(), "first", "second"));
  CHECK(files_in(folder.path()) == 0);
  CHECK(check_unchanged(file.string(), std::nullopt));
  REQUIRE(rewrite_file(file.string(), std::nullopt, "there again"));
  CHECK(content(file) == "there again");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("where a link leads to a file of somebody's, that is rewritten, and the link stays") {
  const TemporaryFolder folder;
  const auto file = folder.write("there/a.yaml", "read"), link = folder.path() / "a.yaml";
  std::filesystem::create_symlink("there/a.yaml", link);
  REQUIRE(rewrite_file(link.string(), "read", "written"));
  CHECK(std::filesystem::is_symlink(link));
  CHECK(content(file) == "written");
  std::filesystem::remove(file);
  CHECK_FALSE(rewrite_file(link.string(), std::nullopt, "through a link"));  // whoever made it may not know
  CHECK(files_in(folder.path() / "there") == 0);
}

TEST_CASE("where a file cannot be put in place, what was there stays, and the system's reason is told") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "folder");
  for (const std::string& place : {(folder.path() / "none" / "a").string(), (folder.path() / "folder").string(),
                                   std::string("/dev/null"), std::string("/proc/version")}) {
    const Status done = replace_file(place, "x", 0600);
    REQUIRE_FALSE(done);
    CHECK(done.error().message.find("cannot write " + place + ": ") == 0);
  }
  CHECK(std::filesystem::is_directory(folder.path() / "folder"));
  CHECK(files_in(folder.path()) == 1);
}

TEST_SUITE_END();
