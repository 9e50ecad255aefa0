#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::text_of;

namespace {

struct Files {
  explicit Files(bool live) {
    rules.output_folder = output;
    gate = live ? open_live_gate(bench.outside(), rules) : open_planning_gate(bench.outside(), rules);
  }

  std::string write(const std::string& name, const std::string& text) { return write(name, text, bench.site()); }
  /// By a step of an occurrence.
  std::string write_by(const std::string& step, const std::string& name, const std::string& location = "",
                       bool overwrites = false, const std::string& action = "files.write") {
    CallSite site = bench.site();
    site.step = step;
    site.location = location;
    site.occurrence = "monday";
    site.overwrites = overwrites;
    return write(name, "x", site, action);
  }
  /// As another run of the same occurrence.
  void open_again(bool live) {
    gate = live ? open_live_gate(bench.outside(), rules) : open_planning_gate(bench.outside(), rules);
  }

  std::string write(const std::string& name, const std::string& text, CallSite site,
                    const std::string& action = "files.write") {
    site.connection = "";
    return bench.shown(test::ask(bench.loop, gate->write_file(bench.action(action), name, text, site)));
  }

  GateBench bench;
  std::filesystem::path output = bench.folder.path() / "output";
  GateRules rules;
  std::unique_ptr<Gate> gate;
};

}  // namespace

TEST_CASE("a file is written below the output folder, whole, and nothing else is left there") {
  Files files(true);
  const std::string path = (files.output / "week 1/report.csv").string();
  CHECK(files.write("week 1/report.csv", "a,b\n") == R"({"file":")" + path + R"(","bytes":4})");
  CHECK(files.write("week 1/report.csv", "c,d,e\n") == R"({"file":")" + path + R"(","bytes":6})");
  CHECK(text_of(path) == "c,d,e\n");
  CHECK(std::distance(std::filesystem::directory_iterator(files.output / "week 1"), {}) == 1);
  CHECK(files.gate->record().writes == 2);
}

TEST_CASE("a plan lists the file and writes none") {
  Files plan(false);
  Files live(true);
  CHECK(plan.write("report.csv", "a,b\n").find(R"("bytes":4)") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(plan.output));
  CHECK(plan.gate->record().writes == 0);
  CHECK(plan.bench.changes(plan.gate->record()) ==
        "step files.write create [write file report.csv] \"file:report.csv\"  \"" +
            (plan.output / "report.csv").string() + "\" null\n");
}

TEST_CASE("names that would leave the output folder are refused, planned or live") {
  for (const bool live : {true, false}) {
    Files files(live);
    for (const std::string& name :
         {std::string("../x"), std::string("a/../../x"), std::string("/tmp/x"), std::string(""), std::string("a//b"),
          std::string("./x"), std::string("a/"), std::string("a\nb"), std::string("a\0b", 3), std::string(300, 'x')}) {
      CAPTURE(name);
      const std::string shown = files.write(name, "text");
      CHECK((shown.find("denied: ") == 0 || shown.find("invalid: ") == 0));
    }
    CHECK(files.gate->record().changes.empty());
  }
}

TEST_CASE("a name that shows as another one than it is is refused") {
  Files files(true);
  for (const char* name :
       {"a\u202egnp.csv", "\u200bweek.csv", "a\u009b.csv", "week\u2066.csv", "a/\ufeffb.csv", "a\u2028.csv"}) {
    CAPTURE(name);
    CHECK(files.write(name, "x").find("that nobody sees") != std::string::npos);
  }
  CHECK(files.write("Gr\u00fc\u00dfe \u65e5\u672c \U0001F468\u200D\U0001F469.csv", "x").find("bytes") !=
        std::string::npos);
}

TEST_CASE("a folder, and a path through a file or a link, are refused, planned or live, in the same words") {
  std::string told[2];
  for (const bool live : {false, true}) {
    Files files(live);
    std::filesystem::create_directories(files.output / "reports/week");
    std::ofstream(files.output / "reports/file") << "x";
    std::filesystem::create_directory_symlink("/tmp", files.output / "link");
    for (const char* name : {"reports", "reports/week", "reports/file/a.csv", "link/a.csv"}) {
      const std::string answer = files.write(name, "x");
      CHECK(answer.find("cannot write file") != std::string::npos);
      told[live ? 1 : 0] += answer + "\n";
    }
    CHECK(files.write("reports/new/a.csv", "x").find("bytes") != std::string::npos);
    CHECK(files.gate->record().changes.size() == 1);
  }
  CHECK(told[0] == told[1]);
}

TEST_CASE("for one event no other step and no other location replaces a file unasked, planned or live") {
  for (const bool live : {false, true}) {
    Files files(live);
    const auto written = [](const std::string& answer) { return answer.find("bytes") != std::string::npos; };
    CHECK(written(files.write_by("list", "a.csv", "loc_a")));
    CHECK(written(files.write_by("list", "a.csv", "loc_a")));  // the same step once more, after a failure
    CHECK(files.write_by("other", "a.csv", "loc_a").find("step list has written it in this run") != std::string::npos);
    files.open_again(live);
    CHECK(files.write_by("list", "a.csv", "loc_b").find("step list for the location loc_a has written it") !=
          std::string::npos);
    CHECK(written(files.write_by("list", "b.csv", "loc_b")));
    CHECK(written(files.write_by("list", "a.csv", "loc_b", true)));
    CHECK(written(files.write("a.csv", "x")));
    CallSite site = files.bench.site();
    site.step = "list";
    site.occurrence = "tuesday";
    site.entry.step = {0, 1};
    for (const std::string called_by : {"", "", "0/2: "}) {  // once more, and by another call
      site.called_by = called_by;
      CHECK(written(files.write("a.csv", "x", site)) == called_by.empty());
    }
    site.workflow = "another";
    CHECK(files.write("a.csv", "x", site).find("step list of " + files.bench.site().workflow + " has written it") !=
          std::string::npos);
  }
}

TEST_CASE("who would replace a file is offered only what its action has") {
  for (const bool live : {false, true}) {
    Files files(live);
    files.write_by("list", "a.csv");
    const auto offered = [&files](const std::string& action) {
      return files.write_by("other", "a.csv", "", false, action).find("overwrite: true") != std::string::npos;
    };
    CHECK(offered("files.write"));
    CHECK_FALSE(offered("files.save"));
  }
}

TEST_CASE("symbolic links below the output folder are not followed") {
  Files files(true);
  const auto outside = files.bench.folder.write("outside/kept.txt", "kept");
  std::filesystem::create_directories(files.output);
  std::filesystem::create_directory_symlink(outside.parent_path(), files.output / "folder");
  std::filesystem::create_symlink(outside, files.output / "file.txt");
  CHECK(files.write("folder/new.txt", "text") ==
        "unavailable: cannot write file \"folder/new.txt\": a part of it is a file or a symbolic link");
  CHECK_FALSE(std::filesystem::exists(outside.parent_path() / "new.txt"));
  files.write("file.txt", "text");
  CHECK(text_of(outside) == "kept");
  CHECK(text_of(files.output / "file.txt") == "text");
  CHECK_FALSE(std::filesystem::is_symlink(files.output / "file.txt"));
}

TEST_CASE("a file counts for max_changes but not for max_percent") {
  Files files(true);
  files.rules.limits.max_changes = 1;
  files.rules.limits.max_percent = 1;
  files.gate = open_live_gate(files.bench.outside(), files.rules);
  CHECK(files.write("a.txt", "a").find("limited") == std::string::npos);
  CHECK(files.write("b.txt", "b") ==
        "limited: safety: write file b.txt would be change 2 of this run, and max_changes is 1");
  CHECK_FALSE(std::filesystem::exists(files.output / "b.txt"));
}

TEST_CASE("a secret does not reach a file") {
  Files files(true);
  files.bench.perform(*files.gate, "shop.tags.list");
  files.write("a.txt", std::string("token ") + GateBench::token);
  CHECK(text_of(files.output / "a.txt") == "token secret:shop_token");
}

}  // namespace millrace
