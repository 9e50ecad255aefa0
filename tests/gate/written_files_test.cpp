#include "gate/written_files.hpp"

#include <doctest/doctest.h>

#include "gate_bench.hpp"

namespace millrace {

namespace {

struct Books {
  Status write(const std::string& occurrence, const std::string& step, const std::string& file,
               bool overwrites = false) {
    CallSite site = bench.site();
    site.occurrence = occurrence;
    site.step = step;
    site.overwrites = overwrites;
    return files.claim(bench.action("files.write"), site, file);
  }
  void write_by_others() {
    for (int number = 0; number < 3000; ++number) CHECK(write("other " + std::to_string(number), "step", "x"));
  }

  test::GateBench bench;
  WrittenFiles files;
};

}  // namespace

TEST_CASE("a file stays its writer's for as long as runs of the event are under way, whatever others write meanwhile") {
  Books books;
  auto first = std::make_shared<int>(), second = std::make_shared<int>();
  for (const auto& run : {first, second, first}) books.files.keep_while("event", run);
  CHECK(books.write("event", "one", "a.txt"));
  books.write_by_others();
  CHECK_FALSE(books.write("event", "two", "a.txt"));
  first.reset();
  books.write_by_others();
  CHECK_FALSE(books.write("event", "two", "a.txt"));
  CHECK_FALSE(books.files.has_forgotten("event"));
}

TEST_CASE("what was written for an event whose runs have ended is forgotten at some time, and that is known") {
  Books books;
  auto run = std::make_shared<int>();
  books.files.keep_while("event", run);
  CHECK(books.write("event", "one", "a.txt"));
  run.reset();
  CHECK_FALSE(books.write("event", "two", "a.txt"));
  books.write_by_others();
  CHECK(books.files.has_forgotten("event"));
  CHECK_FALSE(books.files.has_forgotten("other 2999"));
  CHECK_FALSE(books.files.has_forgotten("the next one"));  // it never was here
}

TEST_CASE("a file and a folder of one name do not go into one event, also where it may be overwritten") {
  const auto refused = [](const std::string& first, const std::string& second) {
    Books books;
    CHECK(books.write("event", "one", first));
    const auto written = books.write("event", "two", second, true);
    return written ? "" : written.error().message;
  };
  CHECK(refused("a", "a/b") ==
        "cannot write file \"a/b\": step one has written \"a\" in this run, and \"a\" cannot be a file and a folder; "
        "give one of them another name");
  CHECK(refused("a/b", "a") ==
        "cannot write file \"a\": step one has written \"a/b\" in this run, and \"a\" cannot be a file and a folder; "
        "give one of them another name");
  CHECK(refused("x/a", "x/a/b/c").find("\"x/a\" cannot be a file and a folder") != std::string::npos);
  CHECK(refused("x/a/b/c", "x/a").find("\"x/a\" cannot be a file and a folder") != std::string::npos);
  for (const auto& [first, second] :
       {std::pair("a", "ab"), {"a/b", "a/c"}, {"a.txt", "a"}, {"ab/c", "a"}, {"a", "x/a"}}) {
    CAPTURE(second);
    CHECK(refused(first, second).empty());
  }
}

}  // namespace millrace
