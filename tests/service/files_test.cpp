#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "service/file_listing.hpp"
#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ServiceBench;

namespace {

namespace fs = std::filesystem;

std::string on_file(const std::string& pattern) {
  return "mode: live\ntriggers:\n  - file: \"" + pattern +
         "\"\nactions:\n  - {action: shop.put, with: {op: \"${{ event.path }}\"}}\n";
}

void write(ServiceBench& bench, const std::string& path, std::chrono::hours age = 1h, const std::string& text = "x") {
  bench.folder.write(path, text);
  fs::last_write_time(bench.folder.path() / path, fs::file_time_type::clock::now() - age);
}

std::string paths(const FileListing& listing) {
  std::string text;
  for (const Value& file : listing.files.list()) text += (text.empty() ? "" : " ") + file.text_or("path");
  return text;
}

FileListing listed(const ServiceBench& bench, const std::string& pattern, const Project& project = {}) {
  const OwnFiles own(bench.folder.path(), project);
  const auto found = list_files(bench.folder.path(), *FilePattern::parse(pattern), own);
  REQUIRE(found);
  return *found;
}

std::vector<Alarm> alarms_of_triggers(ServiceBench& bench) {
  std::vector<Alarm> found;
  for (const Alarm& alarm : bench.service->status().alarms) {
    if (alarm.about.starts_with("trigger ")) found.push_back(alarm);
  }
  return found;
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("files are listed below folders, by alternatives and by classes") {
  ServiceBench bench({});
  for (const char* path : {"inbox/a.csv", "inbox/x/b.csv", "inbox/x/y/c.tsv", "inbox/d.txt", "top.csv", "inbox/.e.csv"})
    write(bench, path);
  CHECK(paths(listed(bench, "inbox/*.csv")) == "inbox/a.csv");
  CHECK(paths(listed(bench, "inbox/**/*.csv")) == "inbox/a.csv inbox/x/b.csv");
  CHECK(paths(listed(bench, "inbox/**/*.{csv,tsv}")) == "inbox/a.csv inbox/x/b.csv inbox/x/y/c.tsv");
  CHECK(paths(listed(bench, "*.{csv,tsv}")) == "top.csv");
  CHECK(paths(listed(bench, "inbox/")) == "inbox/a.csv inbox/d.txt");
  CHECK(paths(listed(bench, "inbox/x/**")) == "inbox/x/b.csv inbox/x/y/c.tsv");
  CHECK(paths(listed(bench, "inbox/[ab].csv")) == "inbox/a.csv");
  CHECK(paths(listed(bench, "{inbox,inbox/x}/?.csv")) == "inbox/a.csv inbox/x/b.csv");
  CHECK(paths(listed(bench, "inbox/d.txt")) == "inbox/d.txt");
}

TEST_CASE("what Millrace keeps for itself is not watched, wherever it lies") {
  ServiceBench bench({});
  for (const char* path : {"inbox/a.dat", "state/millrace.db-wal", "state/deep/b.dat", "STATE/c.dat", "kept/m.db",
                           "kept/m.db-wal", "kept/m.db-mark", "kept/budgets", "kept/own.dat", "heads.txt"})
    write(bench, path);
  fs::create_directory_symlink("state", bench.folder.path() / "linked");
  fs::create_symlink("../state/millrace.db-wal", bench.folder.path() / "inbox/wal.dat");
  Project project;
  project.store = "sqlite:./kept/m.db";
  project.audit_heads = {"heads.txt"};
  CHECK(paths(listed(bench, "**/*", project)) == "inbox/a.dat kept/own.dat");
  CHECK(paths(listed(bench, "**/*.dat", project)) == "inbox/a.dat kept/own.dat");
  for (const char* pattern : {"state/*", "linked/*", "linked/millrace.db-wal", "kept/m.*", "*.txt"})
    CHECK(paths(listed(bench, pattern, project)).empty());
}

TEST_CASE("what is no file is left out, and links that lead round in a circle end") {
  ServiceBench bench({});
  const fs::path inbox = bench.folder.path() / "inbox";
  write(bench, "inbox/real.csv");
  write(bench, "elsewhere/linked.csv");
  fs::create_directory(inbox / "folder.csv");
  fs::create_symlink(bench.folder.path() / "elsewhere/linked.csv", inbox / "link.csv");
  fs::create_symlink("nowhere", inbox / "dangling.csv");
  fs::create_symlink("itself.csv", inbox / "itself.csv");
  fs::create_directory_symlink("..", inbox / "up");
  fs::create_directory_symlink(bench.folder.path() / "elsewhere", bench.folder.path() / "drop");
  REQUIRE(::mkfifo((inbox / "pipe.csv").c_str(), 0600) == 0);
  CHECK(paths(listed(bench, "inbox/*.csv")) == "inbox/link.csv inbox/real.csv");
  CHECK(paths(listed(bench, "inbox/**/*.csv")) == "inbox/link.csv inbox/real.csv");
  CHECK(paths(listed(bench, "drop/*.csv")) == "drop/linked.csv");
  CHECK(listed(bench, "inbox/**").problems.empty());
}

TEST_CASE("a file that was just written to waits, and one of the distant past does not") {
  ServiceBench bench({});
  write(bench, "inbox/growing.csv", 0h);
  write(bench, "inbox/empty.csv", 1h, "");
  write(bench, "inbox/old.csv");
  const timespec times[] = {{-3, 500'000'000}, {-3, 500'000'000}};
  REQUIRE(::utimensat(AT_FDCWD, (bench.folder.path() / "inbox/old.csv").c_str(), times, 0) == 0);
  CHECK(paths(listed(bench, "inbox/*.csv")) == "inbox/empty.csv inbox/old.csv");
}

TEST_CASE("a name that is no text and a time in the future are one alarm each and no run, until they are put right") {
  ServiceBench bench({{"flow", on_file("inbox/**/*.csv")}});
  bench.pass(5s);
  write(bench, "inbox/good.csv");
  bench.pass(5s);
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 1}});
  const fs::path inbox = bench.folder.path() / "inbox";
  SUBCASE("a name in Latin-1") {
    write(bench, "inbox/b\xfcro.csv");
    bench.pass(5min);
    REQUIRE(alarms_of_triggers(bench).size() == 1);
    CHECK(alarms_of_triggers(bench)[0].message.find("b\\xfcro.csv is not UTF-8: rename it") != std::string::npos);
    fs::rename(inbox / "b\xfcro.csv", inbox / "büro.csv");
  }
  SUBCASE("a folder in Latin-1") {
    write(bench, "inbox/b\xfcro/a.csv");
    bench.pass(5min);
    REQUIRE(alarms_of_triggers(bench).size() == 1);
    fs::rename(inbox / "b\xfcro", inbox / "büro");
  }
  SUBCASE("a time in the future") {
    write(bench, "inbox/tomorrow.csv", -24h);
    bench.pass(5min);
    REQUIRE(alarms_of_triggers(bench).size() == 1);
    CHECK(alarms_of_triggers(bench)[0].message.find("inbox/tomorrow.csv has a time that lies in the future") !=
          std::string::npos);
    write(bench, "inbox/tomorrow.csv");
  }
  SUBCASE("a time that no clock will ever show") {
    write(bench, "inbox/never.csv");
    const timespec times[] = {{1LL << 34, 0}, {1LL << 34, 0}};
    REQUIRE(::utimensat(AT_FDCWD, (inbox / "never.csv").c_str(), times, 0) == 0);
    bench.pass(5min);
    REQUIRE(alarms_of_triggers(bench).size() == 1);
    write(bench, "inbox/never.csv");
  }
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 1}});
  bench.restart();
  bench.pass(1min);
  CHECK(alarms_of_triggers(bench).empty());
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 2}});
}

TEST_CASE("names with line breaks, quotes and other letters start one run each") {
  ServiceBench bench({{"flow", on_file("inbox/*")}});
  bench.pass(5s);
  for (const char* name : {"a\nb.csv", "quote\".csv", "žluťoučký kůň.csv", "-rf", "a\\b"})
    write(bench, "inbox/" + std::string(name));
  bench.pass(1min);
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 5}});
  bench.restart();
  bench.pass(1min);
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 5}});
}

TEST_CASE("a folder that goes away and comes back brings nothing new") {
  ServiceBench bench({{"flow", on_file("inbox/**/*.csv")}});
  bench.pass(5s);
  write(bench, "inbox/a.csv");
  write(bench, "inbox/x/b.csv");
  bench.pass(5s);
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 2}});
  fs::rename(bench.folder.path() / "inbox", bench.folder.path() / "away");
  bench.pass(5s);
  fs::rename(bench.folder.path() / "away", bench.folder.path() / "inbox");
  bench.pass(5s);
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 2}});
  fs::remove(bench.folder.path() / "inbox/a.csv");
  bench.pass(5s);
  write(bench, "inbox/a.csv");
  bench.pass(5s);
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 3}});
}

TEST_CASE("a file that is named in full is not new when the folder that it lies in was away") {
  ServiceBench bench({{"flow", on_file("share/inbox/orders.csv")}});
  bench.pass(5s);
  write(bench, "share/inbox/orders.csv");
  bench.pass(5s);
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 1}});
  for (const char* folder : {"share", "share/inbox"}) {
    fs::rename(bench.folder.path() / folder, bench.folder.path() / "away");
    bench.pass(5s);
    fs::rename(bench.folder.path() / "away", bench.folder.path() / folder);
    bench.pass(5s);
    CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 1}});
  }
  fs::remove(bench.folder.path() / "share/inbox/orders.csv");
  bench.pass(5s);
  write(bench, "share/inbox/orders.csv");
  bench.pass(5s);
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 2}});
}

TEST_CASE("the first look remembers what was written just before it, and what is still being written starts a run") {
  ServiceBench bench({});
  bench.stop();
  bench.folder.write("workflows/flow.yaml", "version: 1\nname: flow\n" + on_file("inbox/*.csv"));
  write(bench, "inbox/done.csv", 0h);
  write(bench, "inbox/growing.csv", 0h);
  bench.start();
  bench.pass(5s);
  std::this_thread::sleep_for(1100ms);  // a file is quiet by this machine's clock
  bench.pass(5s);
  CHECK(bench.outcomes("flow").empty());
  write(bench, "inbox/growing.csv", 1h, "more");
  bench.pass(5s);
  CHECK(bench.outcomes("flow") == std::map<std::string, int>{{"completed", 1}});
}

TEST_SUITE_END();
