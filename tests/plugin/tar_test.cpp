#include "plugin/tar.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

using namespace millrace;

namespace {

constexpr std::size_t block = 512;

/// A head as tar writes it, with its sum.
std::string head(const std::string& name, std::size_t size, char kind = '0', const std::string& magic = "ustar") {
  std::string made(block, '\0');
  char digits[13];
  std::snprintf(digits, sizeof digits, "%011zo", size);
  made.replace(0, name.size(), name);
  made.replace(124, 11, digits, 11);
  made[156] = kind;
  made.replace(257, magic.size(), magic);
  made.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char each : made) sum += static_cast<unsigned char>(each);
  std::snprintf(digits, sizeof digits, "%06o", sum);
  made.replace(148, 6, digits, 6);
  made[154] = '\0';
  return made;
}

std::string entry(const std::string& name, const std::string& content, char kind = '0') {
  std::string made = head(name, content.size(), kind) + content;
  made.resize((made.size() + block - 1) / block * block, '\0');
  return made;
}

const std::string end(2 * block, '\0');

std::string why(const std::string& archive) {
  const auto read = read_tar(archive, 10);
  return read ? "" : read.error().message;
}

bool says(const std::string& archive, const std::string& words) {
  return why(archive).find(words) != std::string::npos;
}

}  // namespace

TEST_SUITE_BEGIN("plugin");

TEST_CASE("the files of an archive are read in their order, and folders are only names") {
  const auto read = read_tar(entry("a/", "", '5') + entry("a/b", "hello") + entry("c", std::string(block, 'x')) +
                                 entry("d", "", '\0') + end + std::string(20 * block, '\0'),
                             10);
  REQUIRE(read);
  REQUIRE(read->size() == 3);
  CHECK(read->at(0).name == "a/b");
  CHECK(read->at(0).content == "hello");
  CHECK(read->at(1).content == std::string(block, 'x'));
  CHECK(read->at(2).content.empty());
}

TEST_CASE("what is no ordinary file, or is said beside its head, is refused") {
  for (const char kind : {'1', '2'}) CHECK(says(entry("x", "", kind) + end, "it is a link"));
  for (const char kind : {'3', '4', '6'}) CHECK(says(entry("x", "", kind) + end, "a device or a pipe"));
  for (const char kind : {'L', 'K'}) CHECK(says(entry("x", "name", kind) + end, "longer than 100"));
  for (const char kind : {'S', 'V', 'M', 'D', '7', 'A', '\x7f'}) CHECK(says(entry("x", "", kind) + end, "no ordinary"));
  CHECK(why(entry("x", "20 mtime=1700000000.5\n", 'x') + entry("x", "1") + end).empty());
  for (const char* record : {"12 path=../x\n", "12 size=9999\n", "16 linkpath=/etc\n", "22 GNU.sparse.size=100\n",
                             "nonsense", "3\n", "20 mtime=1\n12 path=x\n", "= x\n"})
    CHECK(says(entry("x", record, 'x') + entry("x", "1") + end, "says more of an entry"));
  CHECK(says(entry("x", "12 path=../x\n", 'g') + end, "says more of an entry"));
}

TEST_CASE("an archive that is damaged, cut off or goes on behind its end is refused at every byte") {
  const std::string good = entry("a", "hello") + end;
  REQUIRE(why(good).empty());
  for (std::size_t size = 0; size < good.size() - block; size += 97) CHECK_FALSE(why(good.substr(0, size)).empty());
  for (std::size_t at = 0; at < block; at += 13) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    CHECK_FALSE(why(damaged).empty());
  }
  CHECK(says(good + entry("b", "x"), "goes on behind its end"));
  CHECK(says(head("a", 77777777) + end, "cut off"));
  std::string wide = head("a", 0);
  wide[124] = '\x80';  // GNU's way to say a size that has no place in octal digits
  CHECK_FALSE(why(wide + end).empty());
}

TEST_CASE("more files than are wanted are refused") {
  std::string many;
  for (int number = 0; number < 11; ++number) many += entry("x", "");
  CHECK(says(many + end, "more than 10 files"));
}

TEST_SUITE_END();
