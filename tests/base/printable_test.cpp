#include "base/printable.hpp"

#include <doctest/doctest.h>

using namespace millrace;

TEST_SUITE_BEGIN("base");

TEST_CASE("what steers a terminal, turns the order of text or is seen by nobody is spelled out") {
  CHECK(printable("a\x1b[31mb\x07\x7f\x08") == "a\\u001b[31mb\\u0007\\u007f\\u0008");
  CHECK(printable("\u009b2J \u0085") == "\\u009b2J \\u0085");
  CHECK(printable("\u202egpj.exe \u2066x\u2069 \u200f \u061c") == "\\u202egpj.exe \\u2066x\\u2069 \\u200f \\u061c");
  CHECK(printable("a\u2028b\u2029c\ufeffd\u200be") == "a\\u2028b\\u2029c\\ufeffd\\u200be");
  CHECK(printable("\U000e0041") == "\\udb40\\udc41");
  CHECK(printable(std::string("a\0b", 3)) == "a\\u0000b");
}

TEST_CASE("lines and tabs stay where they are asked for") {
  CHECK(printable("a\n\tb\r") == "a\\n\\u0009b\\u000d");
  CHECK(printable("a\n\tb\r", true) == "a\n\tb\\u000d");
}

TEST_CASE(
    "what has several lines by nature stands below its first one, and none of them begins as a line of ours does") {
  CHECK(printable_below("a\nb\n\n\x1b[2Jc", "  ") == "a\n  b\n  \n  \\u001b[2Jc");
  CHECK(printable_below("a\r\u2028b", "  ") == "a\\u000d\\u2028b");
}

TEST_CASE("text of every language stays as it is, signs that are joined from several too") {
  for (const char* text :
       {"Gr\u00fc\u00dfe", "Vi\u1ec7t Nam", "\u65e5\u672c\u8a9e", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\u00a0", "\u05e9\u05dc\u05d5\u05dd", ""}) {
    CHECK(printable(text) == text);
  }
  CHECK(printable("\xff\xc3(\xf0\x9f") == "\xff\xc3(\xf0\x9f");
}

TEST_SUITE_END();
