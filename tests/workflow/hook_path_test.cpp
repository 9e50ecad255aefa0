#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "workflow/case_findings.hpp"
#include "workflow/hook_path.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("workflow");

TEST_CASE("a path that senders do not call is refused, with the one that was meant where that can be told") {
  for (const auto& [written, meant] : std::vector<std::pair<const char*, const char*>>{
           {"orders?source=shop", "orders"},
           {"orders#new", "orders"},
           {"a/../b", "b"},
           {"a/./b", "a/b"},
           {"../b", "b"},
           {"a//b", "a/b"},
           {"/hooks/orders", "orders"},
           {"hooks/orders/", "orders"},
           {"https://example.com/hooks/shop/orders?key=1#x", "shop/orders"},
           {"http://localhost:8710/hooks/hooks/orders", "orders"},
           {"https://example.com/orders", ""},
           {"summer sale", "summer-sale"},
           {" orders ", "orders"},
           {"gr%C3%BC%C3%9Fe", "grüße"},
           {"summer%20sale", "summer-sale"},
           {"50%", ""},
           {"orders/{id}", "orders"},
           {"shop/{shop}/orders", "shop"},
           {"orders/order-<id>", "orders"},
           {"orders/:id/paid", "orders"},
           {"shop/*", "shop"},
           {"{id}", ""},
           {"shop\\orders", "shop/orders"},
           {"shop\norders", ""},
           {"..", ""},
           {"/", ""},
           {"", ""}}) {
    const auto problem = unreached(written);
    REQUIRE_MESSAGE(problem, written);
    CHECK_MESSAGE(problem->meant == meant, written << ": " << problem->meant);
    if (!problem->meant.empty()) CHECK_FALSE(unreached(problem->meant));
  }
}

TEST_CASE("a path that senders can call is taken as it is, letters of all alphabets too") {
  for (const char* path : {"orders", "/orders/", "shop/orders", "v1.2/orders", "order-paid_2", "grüße", "注文", "hooks",
                           "a/hooks/b", "...", "caf\xC3\xA9:~@,;=+!$&'()*"})
    CHECK_MESSAGE(!unreached(path), path);
}

TEST_CASE("the path of a plugin's trigger is looked at alike, and a workflow's id is none that is written") {
  const auto rules = [](const std::string& trigger) {
    std::string all;
    const std::string text = "version: 1\ntriggers:\n  - {" + trigger + "}\nactions: [{action: notes.write}]\n";
    for (const Finding& one : test::findings_in(text)) all += one.rule + " ";
    return all;
  };
  CHECK(rules("trigger: hooks.tag.changed, verify: public, path: \"/hooks/deals\"") == "wrong-path ");
  CHECK(rules("trigger: hooks.tag.changed, verify: public, path: deals").empty());
  CHECK(rules("trigger: hooks.tag.changed, verify: public").empty());
}

TEST_SUITE_END();
