#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service_bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ServiceBench;

namespace {

/// One that tells the far side who it is, at the hook "paid".
std::string hears(const std::string& name, const std::string& settings) {
  return "mode: live\ntriggers:\n  - {webhook: paid, " + settings +
         "}\nactions:\n  - {action: shop.add, with: {op: " + name + "}}\n";
}

const std::string plain = "verify: public, dedupe: none";
const std::vector<std::string> other_settings = {
    "verify: {bearer: \"secret:shop_token\"}, dedupe: none", "verify: public, dedupe: body",
    "verify: public, dedupe: none, parse: text", "verify: public, dedupe: none, respond: wait"};

using Files = std::map<std::string, std::string>;  // id -> text, empty: none

struct Paths : ServiceBench {
  using ServiceBench::ServiceBench;

  /// All at once, as an editor that saves everything, or a copy of a folder, does it.
  void put(const Files& files) {
    for (const auto& [id, text] : files) {
      const auto file = folder.path() / ("workflows/" + id + ".yaml");
      if (text.empty()) std::filesystem::remove(file);
      if (text.empty()) continue;
      folder.write("workflows/" + id + ".yaml", "version: 1\nname: " + id + "\n" + text);
      std::filesystem::last_write_time(file,
                                       std::filesystem::file_time_type::clock::now() + std::chrono::seconds(++edits_));
    }
    if (service != nullptr) test::ask(loop, service->reload("ada"));
  }
  /// Who hears of a delivery: "one two", or the status with which it is refused.
  std::string who_hears() {
    std::map<std::string, int> before;
    for (const char* name : {"a", "m", "n", "z"}) before[name] = arrivals(name);
    const int status = deliver("paid", "{\"n\": " + std::to_string(++deliveries_) + "}").status;
    if (status != 202) return std::to_string(status);
    pass(2s);
    std::string all;
    for (const auto& [name, count] : before) all += arrivals(name) > count ? name : "";
    return all;
  }

 private:
  int edits_ = 0, deliveries_ = 0;
};

using WayToPut = void (*)(Paths&, const Files&);
const std::map<std::string, WayToPut> ways_to_put = {
    {"while it runs", [](Paths& bench, const Files& files) { bench.put(files); }},
    {"while it is stopped",
     [](Paths& bench, const Files& files) {
       bench.stop();
       bench.put(files);
       bench.start();
     }},
    {"and it dies",
     [](Paths& bench, const Files& files) {
       bench.put(files);
       bench.crash();
       bench.start();
     }},
};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a newcomer that would read a path in another way stays out, and whoever was there hears on") {
  for (const auto& [how, way] : ways_to_put) {
    for (const std::string& other : other_settings) {
      for (const std::string newcomer : {"a", "z"}) {
        CAPTURE(how);
        CAPTURE(other);
        CAPTURE(newcomer);
        Paths bench({{"m", hears("m", plain)}});
        CHECK(bench.who_hears() == "m");
        way(bench, {{newcomer, hears(newcomer, other)}});
        CHECK(bench.who_hears() == "m");
        CHECK(bench.alarms().starts_with("workflow " + newcomer + ": its file is broken: "));
        CHECK(bench.alarms().find("/hooks/paid is read in another way by the workflow \"m\"") != std::string::npos);
        bench.pass(10s);
        const std::string why = bench.why_of(newcomer);
        CHECK(why.starts_with("its file is broken: "));
        CHECK(why.find("with the file of today it would have") == std::string::npos);
        bench.restart();
        CHECK(bench.who_hears() == "m");
        way(bench, {{newcomer, hears(newcomer, plain)}});
        CHECK(bench.who_hears() == (newcomer == "a" ? "am" : "mz"));
        CHECK(bench.alarms().empty());
      }
    }
  }
}

TEST_CASE("of several on one path one that is edited to read it in another way goes on as it was, with the others") {
  for (const auto& [how, way] : ways_to_put) {
    for (const std::string& other : other_settings) {
      for (const std::string edited : {"m", "n", "z"}) {
        CAPTURE(how);
        CAPTURE(other);
        CAPTURE(edited);
        Paths bench({{"m", hears("m", plain)}, {"n", hears("n", plain)}, {"z", hears("z", plain)}});
        CHECK(bench.who_hears() == "mnz");
        way(bench, {{edited, hears(edited, other)}});
        CHECK(bench.who_hears() == "mnz");
        CHECK(bench.alarms().starts_with("workflow " + edited + ": its file is broken, and the version before it is "));
        bench.restart();
        CHECK(bench.who_hears() == "mnz");
      }
    }
  }
}

TEST_CASE("all of a path may be edited to read it in another way, at once, and one that is alone") {
  const std::string body = "verify: public, dedupe: body";
  for (const auto& [how, way] : ways_to_put) {
    CAPTURE(how);
    Paths bench({{"m", hears("m", plain)}, {"n", hears("n", plain)}});
    way(bench, {{"m", hears("m", body)}, {"n", hears("n", body)}, {"a", hears("a", body)}});
    CHECK(bench.who_hears() == "amn");
    CHECK(bench.alarms().empty());
    way(bench, {{"m", ""}, {"n", ""}});
    CHECK(bench.who_hears() == "a");
    way(bench, {{"a", hears("a", plain)}});
    CHECK(bench.who_hears() == "a");
    CHECK(bench.alarms().empty());
  }
}

TEST_CASE(
    "who was kept out hears when the others are gone, and edits that are in each other's way leave all as it was") {
  Paths bench({{"m", hears("m", plain)}, {"n", hears("n", plain)}});
  bench.put({{"a", hears("a", other_settings[1])}, {"z", hears("z", other_settings[1])}});
  CHECK(bench.who_hears() == "mn");
  bench.put({{"m", hears("m", other_settings[1])}, {"n", hears("n", other_settings[2])}});
  CHECK(bench.who_hears() == "mn");
  bench.put({{"m", ""}, {"n", ""}});
  CHECK(bench.who_hears() == "az");
  CHECK(bench.alarms().empty());
}

TEST_CASE("two triggers of one file that read one path in different ways are a broken file") {
  const std::string two = "mode: live\ntriggers:\n  - {webhook: paid, " + plain + "}\n  - {webhook: paid, " +
                          other_settings[1] + "}\nactions:\n  - {action: shop.add, with: {op: m}}\n";
  Paths bench({{"m", hears("m", plain)}});
  bench.put({{"m", two}, {"n", two}});
  CHECK(bench.who_hears() == "m");
  CHECK(bench.alarms().find("workflow m: its file is broken, and the version before it is live: ") !=
        std::string::npos);
  CHECK(bench.alarms().find("workflow n: its file is broken: ") != std::string::npos);
}
