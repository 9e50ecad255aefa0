#include "value/json.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace millrace {
namespace {

/// What the text says, written again; or why it is refused.
std::string again(std::string_view text, const JsonLimits& limits = {}) {
  const auto value = parse_json(text, limits);
  return value ? encode_json(*value) : "refused: " + value.error().message;
}

Kind kind_of(std::string_view text) {
  const auto value = parse_json(text);
  REQUIRE_MESSAGE(value, text);
  return value->kind();
}

std::string refusal(std::string_view place, std::string_view reason) {
  return "refused: not valid JSON at " + std::string(place) + ": " + std::string(reason);
}

}  // namespace

TEST_SUITE_BEGIN("value");

TEST_CASE("a control character that is not escaped is refused at whichever place of a text") {
  for (char control = 1; control < 0x20; ++control) {
    for (std::size_t place = 0; place < 40; ++place) {
      const auto read = parse_json("\"" + std::string(place, 'a') + control + std::string(40 - place, 'b') + "\"");
      CHECK_FALSE(read);
    }
  }
}

TEST_CASE("rows of one shape share the names of their members") {
  std::string text = "[";
  for (int row = 0; row < 100; ++row) {
    text += row == 0 ? "{" : ",{";
    for (int column = 0; column < 20; ++column)
      text +=
          (column == 0 ? "\"a name of some length " : ",\"a name of some length ") + std::to_string(column) + "\":0";
    text += '}';
  }
  const auto rows = parse_json(text + ']');
  REQUIRE(rows);
  const Map& first = rows->list().front().map();
  const Map& last = rows->list().back().map();
  REQUIRE(first.size() == 20);
  for (auto one = first.begin(), other = last.begin(); one != first.end(); ++one, ++other)
    CHECK(one->first.text().data() == other->first.text().data());
}

TEST_CASE("a text is written and read the same, whatever stands at whichever of its places") {
  for (const std::string special :
       {"\"", "\\", "\n", "\x01", "\x1a", "\x1f", "\x7f", "/", " ", "!", "\u00e9", "\U0001F600"}) {
    for (std::size_t length = 0; length < 40; ++length) {
      for (std::size_t place = 0; place <= length; ++place) {
        const std::string text = std::string(place, 'a') + special + std::string(length - place, 'b');
        const std::string written = encode_json(Value(text));
        const auto read = parse_json(written);
        REQUIRE(read);
        CHECK(read->text() == text);
        const bool escaped = special == "\"" || special == "\\" || static_cast<unsigned char>(special[0]) < 0x20;
        CHECK((written == "\"" + text + "\"") == !escaped);
      }
    }
  }
}

TEST_CASE("JSON is read and written without loss, members in their order") {
  for (const std::string text : {"null",
                                 "true",
                                 "false",
                                 "0",
                                 "-1",
                                 "\"\"",
                                 "[]",
                                 "{}",
                                 "[1,[2,[]],{}]",
                                 R"({"b":1,"a":{"c":[true,null]}})",
                                 R"("a\"\\\n\t\b\f\r\u0000\u001f/ä😀")",
                                 "9223372036854775807",
                                 "-9223372036854775808",
                                 "18446744073709551615",
                                 "1.5",
                                 "0.1",
                                 "100000.0",
                                 "-123456789012345683968.0",
                                 "0.00001",
                                 "0.0000012345678901234567",
                                 "1e-07",
                                 "1e+21",
                                 "1e+300",
                                 "5e-324",
                                 "1.7976931348623157e+308",
                                 "-0.0"}) {
    CHECK(again(text) == text);
  }
  CHECK(again(" {\r\n\t\"a\" : [ 1 , 2 ] } ") == R"({"a":[1,2]})");
  CHECK(again("\xEF\xBB\xBF[1]") == "[1]");
  CHECK(again(R"("\u00e4\ud83d\ude00\/")") == "\"ä😀/\"");
}

TEST_CASE("numbers without point or exponent are whole numbers, the others are not") {
  CHECK(kind_of("1") == Kind::integer);
  CHECK(kind_of("-0") == Kind::integer);
  CHECK(kind_of("9223372036854775808") == Kind::unsigned_integer);
  CHECK(kind_of("1.0") == Kind::number);
  CHECK(kind_of("1e3") == Kind::number);
  CHECK(again("1.0") == "1.0");
  CHECK(again("1e3") == "1000.0");
  CHECK(again("[0.30000000000000004,123456789012345678.0]") == "[0.30000000000000004,123456789012345680.0]");
  CHECK(again("[1e-400,-1e-400]") == "[0.0,-0.0]");
  CHECK(again("0." + std::string(400, '0') + "1") == "0.0");
}

TEST_CASE("numbers that do not fit are refused") {
  CHECK(again("18446744073709551616") ==
        refusal("line 1, column 1 (byte 0)", "the whole number 18446744073709551616 is too large"));
  CHECK(again("[-9223372036854775809]") ==
        refusal("line 1, column 2 (byte 1)", "the whole number -9223372036854775809 is too large"));
  CHECK(again("1e400") == refusal("line 1, column 1 (byte 0)", "a number is too large"));
  CHECK(again("[1.8e308]") == refusal("line 1, column 2 (byte 1)", "the number 1.8e308 is too large"));
  CHECK_FALSE(parse_json(std::string(5000, '9')));
}

TEST_CASE("what is not JSON is refused with its place and the reason") {
  CHECK(again("") == refusal("line 1, column 1 (byte 0)", "there is nothing but white space"));
  CHECK(again(" \n ") == refusal("line 2, column 2 (byte 3)", "there is nothing but white space"));
  CHECK(again("{\n  \"ä\": 1\n  \"b\": 2}") == refusal("line 3, column 3 (byte 14)", "expected \",\" or \"}\""));
  CHECK(again("[1 2]") == refusal("line 1, column 4 (byte 3)", "expected \",\" or \"]\""));
  CHECK(again("[1] x") == refusal("line 1, column 5 (byte 4)", "something follows the end of the document"));
  CHECK(again("{a: 1}") == refusal("line 1, column 2 (byte 1)", "expected a key in double quotes, or \"}\""));
  CHECK(again("\"a\nb\"") ==
        refusal("line 1, column 3 (byte 2)", "a text holds a control character that is not escaped"));
  CHECK(again(std::string_view("[]\0x", 4)) == refusal("line 1, column 3 (byte 2)", "a NUL byte"));
  CHECK(again("[1,{\"a\":") == refusal("line 1, column 9 (byte 8)", "it ends too early"));
  for (const std::string text :
       {"[",       "{",    "\"",         "[1,", "tru", "nul", "-",   "1.",       "1e",  "{\"a\"",  "{\"a\":1",
        "\"\\u12", "[1,]", "{\"a\":1,}", "01",  "+1",  ".5",  "NaN", "Infinity", "'a'", "// x\n1", "[1]]"}) {
    CHECK_MESSAGE(!parse_json(text), text);
  }
}

TEST_CASE("a key that is there twice is refused where it comes again") {
  CHECK(again(R"({"a": 1, "b": {"a": 2}, "a": 3})") ==
        refusal("line 1, column 25 (byte 24)", "the key \"a\" is there twice"));
  CHECK_FALSE(parse_json(R"({"a": 1, "\u0061": 2})"));
  std::string many = "{";
  for (int i = 0; i < 2000; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  CHECK(parse_json(many + "\"last\":0}"));
  CHECK_FALSE(parse_json(many + "\"k7\":0}"));
}

TEST_CASE("text that is not Unicode is refused") {
  CHECK(again("[\"a\", \"\xff\"]") == refusal("line 1, column 8 (byte 7)", "the text is not UTF-8"));
  CHECK(again("\"\xED\xA0\x80\"") == refusal("line 1, column 2 (byte 1)", "the text is not UTF-8"));
  for (const std::string text :
       {R"("\ud800")", R"("\udc00")", R"("\ud800\ud800")", R"({"\udfff":1})", R"("\ud83dx")"}) {
    const std::string said = again(text);
    CHECK_MESSAGE(said.ends_with("half of a surrogate pair stands alone in a text"), said);
  }
}

namespace {

std::string outside(std::string_view text) {
  const auto value = parse_json(text, from_outside);
  return value ? encode_json(*value) : value.error().message;
}

const std::string odd = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace

TEST_CASE("from outside, half a surrogate pair is U+FFFD, and the rest is what it was") {
  for (const std::string half : {R"(\ud800)", R"(\udc00)", R"(\uDBFF)", R"(\uDfFf)"}) {
    CHECK(outside(R"({"list":["a)" + half + R"(z","ok"]})") == R"({"list":["a)" + odd + R"(z","ok"]})");
    CHECK(outside("\"" + half + "\"") == "\"" + odd + "\"");
    CHECK(outside(R"({"k)" + half + R"(":1})") == R"({"k)" + odd + R"(":1})");
    CHECK(outside("\"\\\\" + half + "\"") == "\"\\\\" + odd + "\"");
  }
  CHECK(outside(R"("\ud800\ud83d\ude00")") == "\"" + odd + "😀\"");
  CHECK(outside(R"("\ud83d\ude00\ude00")") == "\"😀" + odd + "\"");
  CHECK(outside(R"("\ud83d\n")") == "\"" + odd + "\\n\"");
  CHECK(outside(R"("\\ud800")") == R"("\\ud800")");  // a backslash, and no escape
  CHECK(outside(R"("\u0000\u001f")") == R"("\u0000\u001f")");
  CHECK(outside("\"\\ud8\"").starts_with("not valid JSON"));
  CHECK(outside("\"\\ud800").starts_with("not valid JSON"));
}

TEST_CASE("from outside, bytes that are no UTF-8 are U+FFFD") {
  CHECK(outside("[\"a\xff\", \"\xC3\xA9\"]") == "[\"a" + odd + "\",\"é\"]");
  CHECK(outside("\"M\xFCller\"") == "\"M" + odd + "ller\"");
  CHECK(outside("\"\xED\xA0\x80\"") == "\"" + odd + "\"");  // half a pair, encoded as if it were a character
  CHECK(outside("\"\xF0\x9F\x98\"") == "\"" + odd + "\"");
  CHECK(outside("\"\xC0\x80\"") == "\"" + odd + "\"");
  CHECK(outside("\"\xFF\xFE\xFD\"") == "\"" + odd + odd + odd + "\"");
  CHECK(outside("\"x\xE2").starts_with("not valid JSON"));
  CHECK(outside(std::string_view("\"a\0b\"", 5)).starts_with("not valid JSON"));
}

TEST_CASE("from outside, keys that only become equal by that stay apart, and a key that is there twice is refused") {
  CHECK(outside(R"({"\ud800":1,"\udc00":2,"\udfff":3})") ==
        "{\"" + odd + "\":1,\"" + odd + "2\":2,\"" + odd + "3\":3}");
  CHECK(outside("{\"a\xff\":1,\"a\xfe\":{\"b\":2}}") == "{\"a" + odd + "\":1,\"a" + odd + "2\":{\"b\":2}}");
  CHECK(outside(R"({"a":1,"a":2})").ends_with("the key \"a\" is there twice"));
  std::string many = "{";
  for (int i = 0; i < 20'000; ++i) many += "\"\\ud800\":0,";
  const auto value = parse_json(many + "\"last\":0}", from_outside);
  REQUIRE(value);
  CHECK(value->map().size() == 20'001);
}

TEST_CASE("from outside, a number beyond 64 bits is a double, and one beyond that the largest that can go out again") {
  CHECK(outside("[18446744073709551616,-9223372036854775809]") == "[18446744073709551616.0,-9223372036854775808.0]");
  CHECK(outside("12345678901234567890123") == "1.2345678901234568e+22");
  CHECK(outside("[18446744073709551615,-9223372036854775808]") == "[18446744073709551615,-9223372036854775808]");
  const std::string largest = "1.7976931348623157e+308";
  for (const std::string number : {"1e400", "1E+400", "1.5e999999999999", "1.8e308", "123.456e308"}) {
    CHECK(outside(R"({"a":[)" + number + R"(],"b":"1e400"})") == R"({"a":[)" + largest + R"(],"b":"1e400"})");
    CHECK(outside("-" + number) == "-" + largest);
  }
  CHECK(outside(std::string(5000, '9')) == largest);
  CHECK(outside("-" + std::string(400, '9') + ".5") == "-" + largest);
  CHECK(outside("[1e-400,-0,-0.0,0e400,1e308]") == "[0.0,0,-0.0,0.0,1e+308]");
  CHECK(outside(R"(["\\\"1e400", 1e400])") == R"(["\\\"1e400",)" + largest + "]");
  CHECK(outside("[1e]").starts_with("not valid JSON"));
  CHECK(outside("[1e400x]").starts_with("not valid JSON"));
  CHECK(outside("[01e400]").starts_with("not valid JSON"));
  CHECK(outside("NaN").starts_with("not valid JSON"));
  const std::string again_and_again = outside("[" + largest + ",-" + largest + "]");
  CHECK(outside(again_and_again) == again_and_again);
}

TEST_CASE("depth and size have limits, and a bomb costs nothing") {
  const std::string bomb(100'000, '[');
  CHECK(again(bomb) == refusal("line 1, column 65 (byte 64)", "lists and objects are nested deeper than 64 levels"));
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']')));
  CHECK_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  CHECK_FALSE(parse_json(objects + "1" + std::string(65, '}')));
  CHECK(parse_json(std::string(1000, '[') + std::string(1000, ']'), {.max_depth = 1000}));

  const auto large = parse_json("[1,2,3]", {.max_bytes = 6});
  REQUIRE_FALSE(large);
  CHECK(large.error().code == ErrorCode::limited);
  CHECK(large.error().message == "the JSON is too large: it has 7 bytes, and at most 6 are read");
}

TEST_CASE("unknown values are written so that this engine reads them back, and nobody else can send one") {
  const Value value = Value::object({{"id", Value::unknown("the id of tag vip")}});
  const std::string text = R"({"id":{"$unknown":"the id of tag vip"}})";
  CHECK(encode_json(value) == text);
  CHECK(parse_marked_json(text)->find("id")->unknown_what() == "the id of tag vip");
  CHECK(parse_json(text)->find("id")->is_map());
  CHECK(parse_marked_json(R"({"$unknown":"a","b":1})")->is_map());
}

TEST_CASE("values have a budget of their own, in which lists and mappings weigh more than what is in them") {
  const JsonLimits limits{.max_values = 12};
  CHECK(parse_json("[1,2,3,4,5,6,7,8]", limits));
  CHECK_FALSE(parse_json("[1,2,3,4,5,6,7,8,9]", limits));
  CHECK(parse_json("[{},{}]", limits));
  CHECK(parse_json(R"({"a":1,"b":2})", limits));
  CHECK_FALSE(parse_json(R"({"a":1,"b":2,"c":3})", limits));
  CHECK_FALSE(parse_json("[{},{},{}]", limits));
  CHECK_FALSE(parse_json("[[],[],[]]", limits));
  CHECK_FALSE(parse_json(R"({"a":{"b":{"c":{}}}})", limits));
  CHECK(parse_json("[" + std::string(1000, ' ') + "\"" + std::string(1000, 'x') + "\"]", limits));
  CHECK(parse_json("[{},{},{}]", limits).error().message.find("it holds too many values") != std::string::npos);
}

TEST_CASE("data is data whatever it is called, alone, inside, beside others and behind any number of marks") {
  for (const char* text :
       {R"({"$unknown":"x"})", R"([{"$unknown":"x"}])", R"({"a":{"$unknown":"x"}})", R"({"$$unknown":"x"})",
        R"({"$$$$unknown":"x","$unknown":1})", R"({"$unknown":{"$unknown":{"$$unknown":null}}})", R"({"unknown":"x"})",
        R"({"$":1,"":2,"$$":3,"$ unknown":4,"a$unknown":5})"}) {
    const auto data = parse_json(text);
    REQUIRE(data);
    CHECK_FALSE(data->contains_unknown());
    CHECK(encode_json(*data) == text);
    for (const Marks marks : {Marks::names_only, Marks::unknowns}) {
      const auto again = parse_marked_json(encode_marked_json(*data), {}, marks);
      REQUIRE(again);
      CHECK_FALSE(again->contains_unknown());
      CHECK(encode_json(*again) == text);
    }
  }
  CHECK(parse_json(R"({"\u0024unknown":"x"})")->is_map());
}

TEST_CASE("beside data that looks so, an unknown stays one; whoever was told none cannot say one") {
  const Value mixed = Value::object({{"data", Value::object({{"$unknown", "x"}})}, {"id", Value::unknown("the id")}});
  const std::string text = encode_marked_json(mixed, JsonStyle::indented);
  const auto again = parse_marked_json(text);
  REQUIRE(again);
  CHECK(again->find("data")->is_map());
  CHECK(again->find("id")->is_unknown());
  CHECK_FALSE(parse_marked_json(R"({"id":{"$unknown":"x"}})", {}, Marks::names_only)->contains_unknown());
  CHECK_FALSE(parse_marked_json(R"({"$unknown":1,"$$unknown":2})"));  // one name twice
}

TEST_CASE("every kind of value has its form in JSON") {
  CHECK(encode_json(Timestamp{1'795'424'400, 5'000'000}) == "\"2026-11-23T09:00:00.005Z\"");
  CHECK(encode_json(Duration(1'500'000'000)) == "\"1.5s\"");
  CHECK(encode_json(Duration(-1)) == "\"-0.000000001s\"");
  CHECK(encode_json(Value::bytes("")) == "\"\"");
  CHECK(encode_json(Value::bytes("f")) == "\"Zg==\"");
  CHECK(encode_json(Value::bytes("fo\xff")) == "\"Zm//\"");
  CHECK(encode_json(Value::type("int")) == "\"int\"");
  CHECK(encode_json(Value::optional(1)) == "1");
  CHECK(encode_json(Value::no_optional()) == "null");
  CHECK(encode_json(std::nan("")) == "\"NaN\"");
  CHECK(encode_json(-std::numeric_limits<double>::infinity()) == "\"-Infinity\"");
  CHECK(encode_json(std::string("a\xff") + "b") == "\"a\uFFFDb\"");
  Map keys;
  keys.set(1, "int");
  keys.set(true, "bool");
  keys.set(18446744073709551615u, "uint");
  CHECK(encode_json(keys) == R"({"1":"int","true":"bool","18446744073709551615":"uint"})");
}

TEST_CASE("indented JSON is for people") {
  CHECK(encode_json(*parse_json(R"({"a":[1,{"b":2}],"c":{},"d":[]})"), JsonStyle::indented) ==
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}");
}

TEST_SUITE_END();

}  // namespace millrace
