#include "prose/phrases.hpp"

#include <doctest/doctest.h>

using namespace millrace;

TEST_SUITE_BEGIN("prose");

TEST_CASE("a phrase's places are filled, each as often as it stands there") {
  CHECK(fill("{a} and {b}, {a}", {{"a", "one"}, {"b", "two"}}) == "one and two, one");
  CHECK(fill("no place", {{"a", "one"}}) == "no place");
  CHECK(fill("", {}) == "");
}

TEST_CASE("what is put into a place is no phrase") {
  CHECK(fill("{a} {b}", {{"a", "{b}"}, {"b", "two"}}) == "{b} two");
  CHECK(fill("{a}{", {{"a", "x"}}) == "x{");
  CHECK(fill("{other}", {{"a", "x"}}) == "{other}");
}

TEST_CASE("a word has a form for one and a form for more") {
  CHECK(fill("{n} {n|day|days}", {{"n", "1"}}) == "1 day");
  CHECK(fill("{n} {n|day|days}", {{"n", "0"}}) == "0 days");
  CHECK(fill("{n} {n|day|days}", {{"n", "11"}}) == "11 days");
}
