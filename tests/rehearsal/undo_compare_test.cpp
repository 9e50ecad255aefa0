#include "rehearsal/undo_compare.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "value/json.hpp"

namespace millrace {

TEST_SUITE_BEGIN("rehearsal");

TEST_CASE("what a run changed in the letters alone is not as it was before, and nobody else changed it since") {
  const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const Action* rename = catalog.find_action("highlevel.location_tags.update");
  REQUIRE(rename != nullptr);
  const std::vector<std::pair<std::string, std::string>> renamings = {
      {"old2", "Old2"},
      {"Straße", "STRASSE"},
      {"a  b ", "a b"},
      {"é", "e\u0301"},
      {"ＶＩＰ", "VIP"},
      {"a\u200Bb", "ab"},
      {"2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"}};
  for (const auto& [before, after] : renamings) {
    CAPTURE(before);
    const Value back = Value::object({{"tag_id", "7"}, {"location_id", "l"}, {"name", before}});
    const auto tag = [](const std::string& name) { return Value::object({{"id", "7"}, {"name", name}}); };
    CHECK_FALSE(as_it_was(*rename, back, tag(after)));
    CHECK(as_it_was(*rename, back, tag(before)));
    MadeChange change;
    change.left = Value::object({{"name", after}});
    CHECK(changed_since(change, tag(before)) == "");
  }
  MadeChange change;
  change.left = Value::object({{"name", "a"}});
  CHECK(changed_since(change, Value::object({{"name", "b"}})) ==
        "its name is now \"b\", and not \"a\" as the run left it");
}

TEST_CASE("what the far side itself told is compared to the letter, and what it shows and is not there was emptied") {
  MadeChange change;
  change.left = Value::object({{"name", "a"}, {"at", "2026-01-01T00:00:00Z"}});
  const Value capital = Value::object({{"name", "A"}, {"at", "2026-01-01T01:00:00+01:00"}});
  CHECK(changed_since(change, capital) == "");
  change.told = {"name", "at"};
  CHECK(changed_since(change, capital) == "its name is now \"A\", and not \"a\" as the run left it");
  const Value nothing = Value::object({{"at", "2026-01-01T00:00:00Z"}});
  CHECK(changed_since(change, nothing) == "");
  change.shown = {"name"};
  CHECK(changed_since(change, nothing) == "its name is now empty, and not \"a\" as the run left it");
}

TEST_CASE("a number is as it was whether the far side writes it as a number or as a text") {
  Action back;
  back.resource = Resource();
  back.resource->fields = {{"amount", "amount"}};
  const Value input = Value::object({{"amount", "5"}});
  CHECK(as_it_was(back, input, *parse_json(R"({"amount": 5})")));
  CHECK_FALSE(as_it_was(back, input, *parse_json(R"({"amount": 6})")));
  CHECK_FALSE(as_it_was(back, input, *parse_json("{}")));
}

TEST_SUITE_END();

}  // namespace millrace
