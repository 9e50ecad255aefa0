#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base64.hpp"
#include "secret/redactor.hpp"

namespace millrace {

namespace {

constexpr std::string_view token = "tok#!:@~&<+/=_$*(),;?[]{}\\^`|%.\"'9xyz";

std::string said(std::string text) {
  Redactor redactor;
  redactor.add("secret:token", token);
  redactor.redact(text);
  return text;
}

/// Each byte of the token, written in some way.
template <class Write>
std::string each_byte(Write write) {
  std::string written;
  for (const char c : token) written += write(static_cast<unsigned char>(c));
  return written;
}

std::string number(unsigned value, unsigned base, std::size_t width) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string written;
  for (; value > 0 || written.size() < width; value /= base) written.insert(written.begin(), digits[value % base]);
  return written;
}

std::string percent(std::string_view text) {
  std::string written;
  for (const char c : text) written += "%" + number(static_cast<unsigned char>(c), 16, 2);
  return written;
}

std::string in_lines(const std::string& text, std::size_t width, const std::string& end) {
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += width) lines += text.substr(at, width) + end;
  return lines;
}

}  // namespace

TEST_CASE("a value is hidden in each kind of escape that programs have") {
  std::vector<std::string> ways = {
      each_byte([](unsigned c) { return "\\" + number(c, 8, 3); }),
      each_byte([](unsigned c) { return "\\u{" + number(c, 16, 1) + "}"; }),
      each_byte([](unsigned c) { return "\\x{" + number(c, 16, 4) + "}"; }),
      each_byte([](unsigned c) { return "\\U" + number(c, 16, 8); }),
      each_byte([](unsigned c) { return "&#" + number(c, 10, 1) + ";"; }),
      each_byte([](unsigned c) { return "&#" + number(c, 10, 3); }),
      each_byte([](unsigned c) { return "&#" + number(c, 10, 20) + ";"; }),
      each_byte([](unsigned c) { return "&#X" + number(c, 16, 14) + ";"; }),
      each_byte([](unsigned c) { return "=" + number(c, 16, 2); }),
      each_byte([](unsigned c) {
        return std::string(std::ispunct(static_cast<int>(c)) != 0 ? "\\" : "") + static_cast<char>(c);
      }),
      "tok&num;&excl;&colon;&commat;&tilde;&AMP;&LT;&plus;&sol;&equals;&lowbar;&dollar;&ast;&lpar;&rpar;&comma;&semi;"
      "&quest;&lsqb;&rsqb;&lbrace;&rbrace;&bsol;&Hat;&grave;&verbar;&percnt;&period;&quot;&apos;9xyz",
  };
  for (const std::string& way : ways) {
    CAPTURE(way);
    CHECK(said("is " + way + " now") == "is secret:token now");
    CHECK(said("is " + percent(way) + " now") == "is secret:token now");
  }
}

TEST_CASE("a value is hidden where a line of mail or of a program goes on in the next") {
  Redactor redactor;
  redactor.add("secret:token", "open sesame\n9");
  for (const char* way : {"open ses=\name\n9", "open ses=\r\name=0A9", "op=65n=20se=  \r\nsame=0a9",
                          "open ses\\\name\\n9", R"(op=65n ses=\r\name=0A9)", "open&nbsp;sesame&NewLine;9"}) {
    CAPTURE(way);
    std::string text = "x=" + std::string(way) + ".";
    redactor.redact(text);
    CHECK(text == "x=secret:token.");
  }
}

TEST_CASE("a value is hidden however often its percent signs are percent signs of others") {
  std::string often = percent(token);
  for (int i = 0; i < 20; ++i) {
    CHECK(said(often) == "secret:token");
    std::string again;
    for (const char c : often) again += c == '%' ? "%25" : std::string(1, c);
    often = std::move(again);
  }
}

TEST_CASE("a value is hidden where others have escaped the ends of its entities") {
  for (const char* end : {"\\u003B", "\\x3b", "\\073", "\\;", "%3B", "%253b", "&#59;", "&#x3b;", "&semi;", "%5Cu003B",
                          "\\u0025"
                          "3B",
                          "&#x26;semi;", "&amp;#59;"}) {
    CAPTURE(end);
    for (const unsigned base : {10u, 16u}) {
      const auto entity = [&](unsigned c) { return (base == 16 ? "&#x" : "&#") + number(c, base, 1) + end; };
      CHECK(said("with " + each_byte(entity) + " in it") == "with secret:token in it");
    }
  }
}

TEST_CASE("a value is hidden in base64 that is broken into lines") {
  const std::string packed =
      encode_base64("user and what comes before it: " + std::string(token) + " and after it, a while");
  for (const std::size_t width : {4, 19, 64, 76}) {
    for (const std::string end : {"\n", "\r\n", "\n  ", "\r\n\t", "\\n", "\\r\\n", "%0A"}) {
      CAPTURE(width);
      CAPTURE(end);
      CHECK(said(in_lines(packed, width, end)).find("secret:token") != std::string::npos);
    }
  }
}

TEST_CASE("a value is hidden in base64 of what has been written in another way before") {
  const std::string json = R"({"token":"tok#!:@~&<+/=_$*(),;?[]{}\\^`|%.\"'9xyz"})";
  const std::string address =
      "key=tok%23%21%3A%40~%26%3C%2B%2F%3D_%24%2A%28%29%2C%3B%3F%5B%5D%7B%7D%5C%5E%60%7C%25.%22%279xyz";
  const std::string path = "tok%23%21%3A%40~%26%3C%2B/%3D_%24%2A%28%29%2C%3B%3F%5B%5D%7B%7D%5C%5E%60%7C%25.%22%279xyz";
  for (const std::string& text : {json, address, path, std::string(token)}) {
    CAPTURE(text);
    for (const std::string before : {"", "u", "u:"}) {
      const std::string packed = encode_base64(before + text);
      CHECK(said(packed).find("secret:token") != std::string::npos);
      CHECK(said(percent(packed)).find("secret:token") != std::string::npos);
    }
  }
  for (const std::string before : {"", "u", "u:"}) {
    CHECK(said(encode_base64(before + encode_base64(before + std::string(token)))).find("secret:token") !=
          std::string::npos);
    CHECK(said(encode_base64_url(before + encode_base64_url(std::string(token)))).find("secret:token") !=
          std::string::npos);
  }
}

TEST_CASE("a value is hidden in hexadecimal digits, whatever stands between its bytes") {
  for (const char* between : {"", ":", "-", " ", "\n", ": "}) {
    std::string small, mixed;
    for (const char c : token) {
      const std::string digits = number(static_cast<unsigned char>(c), 16, 2);
      small += (small.empty() ? "" : between) + digits;
      mixed += (mixed.empty() ? "" : between) + std::string{digits[0], static_cast<char>(std::toupper(digits[1]))};
    }
    CHECK(said("is " + small + ".") == "is secret:token.");
    CHECK(said("is <" + mixed + ">") == "is <secret:token>");
  }
}

TEST_CASE("where two values overlap, nothing of either is left") {
  Redactor redactor;
  redactor.add("secret:short", "abc-defghi");
  redactor.add("secret:long", "ghi-jklmnopq");
  std::string text = "<abc-defghi-jklmnopq> <abc%2Ddefghi%2Djklmnopq>";
  redactor.redact(text);
  CHECK(text == "<secret:long> <secret:long>");
}

TEST_CASE("a text without a secret stays as it is, whatever escapes are in it") {
  for (const char* text :
       {"=?utf-8?q?=74?= a=\n b", "100% &amp; &#; &#x; &#99999999999; \\u{zz} \\U0000 \\400 &nosuch;",
        "de:ad:be:ef 0x1234", "YWJj\nZGVm", "\\", "%", "&", "=", ""}) {
    CHECK(said(text) == text);
  }
}

TEST_CASE("among texts and escapes of all kinds just the values are replaced, in whatever form they stand there") {
  constexpr std::string_view key = "qW7-zR4_xK9!";  // of twelve bytes: its base64 is all its own
  Redactor redactor;
  redactor.add("secret:key", key);
  std::string hidden_hex, spaced_hex, octal;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    hidden_hex += number(byte, 16, 2);
    spaced_hex += (spaced_hex.empty() ? "" : ":") + number(byte, 16, 2);
    octal += "\\" + number(byte, 8, 3);
  }
  const std::string base64 = encode_base64(std::string(key));
  const std::vector<std::string> forms = {
      std::string(key), percent(key),    percent(percent(key)), hidden_hex,
      spaced_hex,       octal,           percent(hidden_hex),   in_lines(base64, 4, "\r\n "),
      base64,           percent(base64), percent(octal),        percent(spaced_hex)};
  const std::vector<std::string> others = {"a word",   "caf%C3%A9",     "&amp;",  "x\\u00e9y", "+",
                                           "de ad be", "AAAA",          "%",      "\\",        "0123456789",
                                           "\n",       "{\"a\":[1,2]}", "a%2520b"};
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    std::string text = "|", expected = "|";
    for (int n = 0; n < 12; ++n) {
      const bool hides = random() % 3 == 0;
      const auto& from = hides ? forms : others;
      const std::string& part = from[random() % from.size()];
      text += part + "|";
      expected += (hides ? "secret:key" + std::string(part.ends_with("\r\n ") ? "\r\n " : "") : part) + "|";
    }
    CAPTURE(seed);
    CAPTURE(text);
    redactor.redact(text);
    REQUIRE(text == expected);
  }
}

TEST_CASE("a value is hidden as its carriers spell it") {
  const auto hidden = [](std::string value, std::string text) {
    Redactor redactor;
    redactor.add("secret:it", value);
    redactor.redact(text);
    return text;
  };
  CHECK(hidden(" blank-secret-77 ", "X-K: blank-secret-77") == "X-K: secret:it");
  CHECK(hidden("Tok-SecreT-AbC1xyz", "{\"x-tok-secret\":1,\"tok-secret-abc1xyz\":2}") ==
        "{\"x-tok-secret\":1,\"secret:it\":2}");
  CHECK(hidden("KEY-1\nMIIabc\nKEY-2", "<KEY-1\r\nMIIabc\r\nKEY-2>") == "<secret:it>");
  CHECK(hidden("KEY-1\r\nMIIabc\r\nKEY-2", "<KEY-1%0AMIIabc%0AKEY-2>") == "<secret:it>");
  const std::string word = "p\u00e4ssw\u00f6rd-gr\u00f6\u00dfe";
  CHECK(hidden(word, "<p&auml;ssw&ouml;rd-gr&ouml;&szlig;e>") == "<secret:it>");
  CHECK(hidden(word, "<p%E4ssw%F6rd-gr%F6%DFe>") == "<secret:it>");
  for (const char* read_by_byte : {"<p\u00c3\u00a4ssw\u00c3\u00b6rd-gr\u00c3\u00b6\u00c3\u009fe>",
                                   "<p\u00c3\u00a4ssw\u00c3\u00b6rd-gr\u00c3\u00b6\u00c3\u0178e>",
                                   "<p\\u00c3\\u00a4ssw\\u00c3\\u00b6rd-gr\\u00c3\\u00b6\\u00c3\\u009fe>",
                                   "<p&#195;&#164;ssw&#195;&#182;rd-gr&#195;&#182;&#195;&#376;e>"})
    CHECK(hidden(word, read_by_byte) == "<secret:it>");
  const std::string written_so = "p\u00c3\u00a4ssw\u00c3\u00b6rd-gr\u00c3\u00b6\u00c3\u009fe";
  CHECK(hidden(word, "<" + encode_base64(written_so) + ">").starts_with("<secret:it"));
  CHECK(hidden("Catalog", "a catalog") == "a catalog");  // so short a word may be anybody's in small letters
}

TEST_CASE("the beginning of a value that was cut off for a reader is hidden, wherever it was cut") {
  const std::string jwt =
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
  Redactor redactor;
  redactor.add("secret:jwt", jwt);
  redactor.add("secret:other", "another value of a secret");
  for (std::size_t cut = 8; cut < jwt.size(); ++cut) {
    if (jwt[cut - 1] == '.') continue;  // its dots and ours are one
    CAPTURE(cut);
    std::string text = "the key \"" + jwt.substr(0, cut) + "...\" is there twice ... and " + jwt.substr(0, 5) + "...";
    redactor.redact(text);
    REQUIRE(text == "the key \"secret:jwt...\" is there twice ... and " + jwt.substr(0, 5) + "...");
  }
  redactor.add("secret:dots", "a...value...with dots");
  std::string dotted = "a...value...with do... a%20b";
  redactor.redact(dotted);
  CHECK(dotted == "secret:dots... a%20b");
  std::string many;
  for (int n = 0; n < 1000; ++n) many += "x" + jwt.substr(0, 40) + "......";
  redactor.redact(many);
  CHECK(many.find(jwt.substr(0, 12)) == std::string::npos);
}

}  // namespace millrace
