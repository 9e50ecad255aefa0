#include "catalog/kind.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace millrace;

TEST_SUITE_BEGIN("catalog");

namespace {

Action named(const std::string& name, const std::string& target = "") {
  Action action;
  action.name = name;
  action.target = target;
  return action;
}

}  // namespace

TEST_CASE("one kind may be named as one thing or as several") {
  CHECK(same_kind("contacts", "contact"));
  CHECK(same_kind("contact", "contacts"));
  CHECK(same_kind("categories", "category"));
  CHECK(same_kind("boxes", "box"));
  CHECK(same_kind("keys", "key"));
  CHECK(same_kind("statistics", "statistics"));
  CHECK(!same_kind("contact", "contact_note"));
  CHECK(!same_kind("contact_notes", "contact"));
  CHECK(!same_kind("tags", "location_tags"));
  CHECK(!same_kind("", "s_"));
}

TEST_CASE("an action without a declared kind has the one in its name") {
  CHECK(kind_of(named("crm.tags.delete", "location_tag:{location_id}/{tag_id}")) == "location_tag");
  CHECK(kind_of(named("crm.tags.delete")) == "tags");
  CHECK(kind_of(named("crm.tags.of.contacts.list")) == "tags.of.contacts");
  CHECK(kind_of(named("stock.push")) == "stock");
  CHECK(declared_kind(named("crm.tags.delete")).empty());
}

TEST_CASE("several things of a kind are said in English") {
  CHECK(several_of_kind("location_tag") == "location tags");
  CHECK(several_of_kind("social_category") == "social categories");
  CHECK(several_of_kind("survey") == "surveys");
  CHECK(several_of_kind("page_statistics") == "page statistics");
  CHECK(several_of_kind("box") == "boxes");
}

TEST_CASE("of what comes with Millrace, no two kinds are taken for one but one thing and several of it") {
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  std::vector<std::string> kinds;
  for (const std::string& name : shipped.action_names()) kinds.emplace_back(kind_of(*shipped.find_action(name)));
  CHECK(kinds.size() > 80);
  for (const std::string& one : kinds) {
    for (const std::string& other : kinds) {
      if (same_kind(one, other)) CHECK(several_of_kind(one) == several_of_kind(other));
    }
  }
}

TEST_SUITE_END();
