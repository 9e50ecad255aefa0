#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>

#include "base/unicode.hpp"
#include "service_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::ServiceBench;

namespace {

using Outcomes = std::map<std::string, int>;

constexpr int links = 5;

std::string on_things(const std::string& more) {
  return "mode: live\ntriggers:\n  - watch: shop.things\n    key: item.id\n    every: 10s\n" + more;
}

/// A list of things {id, op, version} on the far side, and what changes it.
struct Things {
  std::vector<Map> things;
  bool small_letters = false;
  int hidden_for = 0;               ///< how many readings do not show what was made before them
  std::string says = "{}";          ///< the answer to a change; ID stands for the id
  std::map<std::string, int> made;  ///< by id: at which reading
  int readings = 0;

  void add(const std::string& op) {
    Map thing;
    const std::string id = "t" + std::to_string(things.size() + 1);
    thing.set("id", id);
    thing.set("op", small_letters ? in_lower_case(op) : op);
    made[id] = readings;
    things.push_back(std::move(thing));
  }

  std::string shown() const {
    Value::List list;
    for (const Map& thing : things) {
      if (made.at(thing.find("id")->text()) + hidden_for <= readings) list.emplace_back(thing);
    }
    return encode_json(Value::object({{"things", Value(std::move(list))}}));
  }

  std::string answer() const {
    std::string text = says;
    const std::size_t at = text.find("ID");
    if (at != std::string::npos) text.replace(at, 2, things.back().find("id")->text());
    return text;
  }
};

/// A workflow that makes a new thing for each thing that it hears of.
Outcomes circle(Things& things, const std::string& op) {
  ServiceBench bench({{"flow", on_things("actions:\n  - {action: shop.make, with: {op: \"" + op + "\"}}\n")}});
  bench.project.chain_limit = links;
  bench.far_side.answer = [&things](const OutgoingRequest& request) {
    if (request.method == "GET") {
      ++things.readings;
      return test::said(200, things.shown());
    }
    things.add(parse_json(request.body)->text_or("op"));
    return test::said(200, things.answer());
  };
  bench.pass(5s);
  things.add("Somebody else's");
  bench.pass(600s);
  return bench.outcomes();
}

const Outcomes ended = {{"completed", links}, {"failed", 1}};

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE("a circle over a watched list ends whatever the names of what is made, and whatever becomes of them") {
  Things things;
  SUBCASE("a name with slashes and colons") { CHECK(circle(things, "a/b: ${{ run.id }}/c") == ended); }
  SUBCASE("a name that is kept in small letters, where the answer is the thing") {
    things.small_letters = true;
    things.says = R"({"id": "ID"})";
    CHECK(circle(things, "Copy of ${{ event.item.op }}") == ended);
  }
  SUBCASE("the same where the answer holds the thing") {
    things.small_letters = true;
    things.says = R"({"trace": 7, "thing": {"id": "ID"}})";
    CHECK(circle(things, "Copy of ${{ event.item.op }}") == ended);
  }
  SUBCASE("a list that shows what was made only after half a minute") {
    things.hidden_for = 3;
    things.says = R"({"id": "ID"})";
    CHECK(circle(things, "copy") == ended);
  }
}

TEST_CASE("a circle ends where the change names one of the list among others") {
  ServiceBench bench(
      {{"flow", on_things("actions:\n  - {action: shop.put, with: {op: \"first, ${{ event.item.id }}/tags\"}}\n")}});
  bench.project.chain_limit = links;
  int version = 0;
  bench.far_side.answer = [&version](const OutgoingRequest& request) {
    if (request.method == "PUT") ++version;
    return test::said(200, R"({"things": [{"id": "t1", "version": )" + std::to_string(version) + "}]}");
  };
  bench.pass(5s);
  ++version;  // somebody else
  bench.pass(600s);
  CHECK(bench.outcomes() == ended);
}

TEST_CASE("what somebody else adds again and again is on no chain of ours, whatever the runs for it have changed") {
  std::string op;
  SUBCASE("the thing itself, in a way that the list does not show") { op = "${{ event.item.id }}"; }
  SUBCASE("a thing that the list does not hold") { op = "note on ${{ event.item.op }}"; }
  ServiceBench bench({{"flow", on_things("actions:\n  - {action: shop.put, with: {op: \"" + op + "\"}}\n")}});
  bench.project.chain_limit = links;
  Things things;
  int notes = 0;
  bench.far_side.answer = [&](const OutgoingRequest& request) {
    if (request.method == "GET") return test::said(200, things.shown());
    return test::said(200, R"({"id": "n)" + std::to_string(++notes) + "\"}");
  };
  bench.pass(5s);
  for (int n = 0; n < 20; ++n) {
    things.add("one more");
    bench.pass(10s);
  }
  bench.settle();
  CHECK(bench.outcomes() == Outcomes{{"completed", 20}});
}

TEST_CASE("a circle of files ends where the watched folder is a link into the output folder") {
  for (const std::string pattern : {"inbox/*.txt", "{inbox,elsewhere}/**", "inbox/again.txt"}) {
    CAPTURE(pattern);
    ServiceBench bench({{"flow", "mode: live\ntriggers:\n  - file: \"" + pattern +
                                     "\"\nactions:\n  - {action: stock.list, with: {op: in/again}}\n"}});
    bench.project.chain_limit = links;
    std::filesystem::create_directories(bench.folder.path() / "output/in");
    std::filesystem::create_directory_symlink("output/in", bench.folder.path() / "inbox");
    bench.pass(5s);
    const std::filesystem::path again = bench.folder.path() / "output/in/again.txt";
    bench.folder.write("output/in/again.txt", "x");
    for (int looks = 0; looks < 12; ++looks) {
      // What was written counts once it has been quiet for a second, which this machine's clock says: it is made so.
      const auto before = std::filesystem::file_time_type::clock::now() - 30min;
      if (std::filesystem::last_write_time(again) > before)
        std::filesystem::last_write_time(again, before - std::chrono::minutes(looks + 1));
      bench.pass(3s);
    }
    CHECK(bench.outcomes() == ended);
  }
}

TEST_SUITE_END();
