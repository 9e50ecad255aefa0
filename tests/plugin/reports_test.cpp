#include <doctest/doctest.h>

#include "plugin/reports_bench.hpp"

using namespace millrace;
using test::holds;
using test::json;
using test::Paper;
using test::Reports;
using test::told;

TEST_SUITE_BEGIN("plugin");

TEST_CASE("rows become CSV as RFC 4180 has it, with the columns in the order in which they were met") {
  Reports reports;
  CHECK(reports.csv(R"([{"name": "Été", "likes": 3}, {"likes": 1.5, "on": true, "name": "a, \"b\"\nc"},
                        {"on": false, "name": null, "more": "x"}])") ==
        "name,likes,on,more\r\nÉté,3,,\r\n\"a, \"\"b\"\"\nc\",1.5,true,\r\n,,false,x\r\n");
  CHECK(reports.output == R"({"file":"output/report","bytes":66,"rows":3})");
}

TEST_CASE("numbers stand in CSV with the digits they have") {
  Reports reports;
  CHECK(reports.csv("[[-1], -1, 0.1, 12345678901234567, -2.5e-7]") ==
        "value\r\n-1\r\n-1\r\n0.1\r\n12345678901234567\r\n-0.00000025\r\n");
}

TEST_CASE("no report writes a number with an exponent") {
  const std::vector<std::pair<std::string, std::string>> written = {{"1e+05", "100000"},
                                                                    {"1e5", "100000"},
                                                                    {"1.5E+7", "15000000"},
                                                                    {"1.2345e2", "123.45"},
                                                                    {"1e-7", "0.0000001"},
                                                                    {"-2.5e-7", "-0.00000025"},
                                                                    {"1e+21", "1000000000000000000000"}};
  Reports reports;
  for (const auto& [sent, shown] : written) {
    CAPTURE(sent);
    const std::string rows = "[{\"n\": " + sent + ", \"list\": [1, " + sent + "]}]";
    CHECK(reports.csv(rows) == "n,list\r\n" + shown + ",1; " + shown + "\r\n");
    CHECK(
        holds(reports.write("json", "{\"rows\": " + rows + "}"), "\"n\": " + shown + ", \"list\": [1, " + shown + "]"));
    const std::string page = reports.write("html", "{\"rows\": " + rows + ", \"summary\": {\"n\": " + sent + "}}");
    CHECK(holds(page, "<td>" + shown + "</td>"));
    CHECK(holds(page, "<dd>" + shown + "</dd>"));
  }
  CHECK(reports.csv(R"(["1e+05"])") == "value\r\n1e+05\r\n");  // a text stays as it is
}

TEST_CASE("numbers and telephone numbers with a sign are no formulas") {
  Reports reports;
  for (const char* text : {"+12055550142", "-5.00", "-1", "+1", "+44 20 7183 8750", "+1 (205) 555-0142", "-12.5 %",
                           "-7%", " -5.00", "+49 30 901-820", "+1 (205) 555 0142"}) {
    CAPTURE(text);
    CHECK(reports.csv(encode_json(Value::List{Value(text)})) == "value\r\n" + std::string(text) + "\r\n");
  }
  CHECK(reports.csv(R"(["-1,234.50"])") == "value\r\n\"-1,234.50\"\r\n");
  for (const char* text : {"+1+1",
                           "-1-1",
                           "+1-205-5550142",
                           "-5+cmd",
                           "+A1",
                           "-",
                           "+",
                           "--5",
                           "+(1)*2",
                           "-1e",
                           "+1|x",
                           "-5\tx",
                           "+5 -3",
                           "+5 - 3",
                           "+(205)-555-0142",
                           "+1 (205)-555",
                           "+(5)",
                           "+ 5 3",
                           "+5 (-3)",
                           "-5 -3",
                           "-5 3"}) {
    CAPTURE(text);
    CHECK(holds(reports.csv(encode_json(Value::List{Value(text)})), "'" + std::string(text)));
  }
}

TEST_CASE("a CSV for Excel begins with the mark of UTF-8") {
  Reports reports;
  CHECK(reports.write("csv", R"({"rows": [{"Größe": "Ü"}], "for": "excel"})") == "\uFEFFGröße\r\nÜ\r\n");
  CHECK(reports.write("csv", R"({"rows": [], "columns": ["a"], "for": "excel"})") == "\uFEFFa\r\n");
}

TEST_CASE("a text that a spreadsheet would calculate gets an apostrophe, in headings, too") {
  Reports reports;
  CHECK(reports.csv(R"([{"=h": "=1+1", "b": "+a", "c": "-a", "d": "@x", "e": "\tx", "f": "\rx", "g": -1, "h": "a=b",
                         "i": ["=1", "x"], "j": "=\"a\",b"}])") ==
        "'=h,b,c,d,e,f,g,h,i,j\r\n'=1+1,'+a,'-a,'@x,'\tx,\"'\rx\",-1,a=b,'=1; x,\"'=\"\"a\"\",b\"\r\n");
}

TEST_CASE("a formula is found behind what cannot be seen, and in full-width signs") {
  Reports reports;
  CHECK(
      reports.csv(
          R"(["＝1", "＋1", "－1", "＠x", "\ufeff=1", "\u00a0=1", " =1", " \ufeff\u3000@x", "\u0000=1", " 1", "１=1"])") ==
      "value\r\n'＝1\r\n'＋1\r\n'－1\r\n'＠x\r\n'\uFEFF=1\r\n'\u00A0=1\r\n' =1\r\n' \uFEFF\u3000@x\r\n'=1\r\n "
      "1\r\n１=1\r\n");
}

TEST_CASE("a formula is found behind each separator that a spreadsheet may expect, and numbers there stay") {
  Reports reports;
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"a;=1", "a;'=1"},
           {"a;b;@x", "a;b;'@x"},
           {"a; =1;+cmd", "a;' =1;'+cmd"},
           {"a\\t=1", "a\t'=1"},
           {"a;\u2003\uff1d1", "a;'\u2003\uff1d1"},
           {"a;-5;+1;b", "a;-5;+1;b"},
           {"a;b=1", "a;b=1"},
           {"a;", "a;"},
           {";=1", ";'=1"},
           {"a;\\\"=1", "\"a;'\"\"=1\""},
           {"q\\n=1+1;z", "\"q\n'=1+1;z\""},
           {"q\\r\\n@x", "\"q\r\n'@x\""},
           {"q\\r-a", "\"q\r'-a\""},
           {"q\\n\\u2003=1", "\"q\n'\u2003=1\""},
           {"q\\n-5\\nr", "\"q\n-5\nr\""},
       }) {
    CAPTURE(text);
    CHECK(reports.csv("[\"" + text + "\"]") == "value\r\n" + expected + "\r\n");
  }
  CHECK(reports.csv(R"(["a,b;=1"])") == "value\r\n\"a,b;'=1\"\r\n");
}

TEST_CASE("a formula is found behind every blank that Unicode has, and in its other signs") {
  Reports reports;
  for (const char* before :
       {"\u1680", "\u2000", "\u2009", "\u200a", "\u200e", "\u202e", "\u202f", "\u205f", "\u2066", "\u00ad", "\u061c",
        "\u180e", "\u3164", "\ufe0f", "\u2800", "\U000e0020", "\u2003\u200b "}) {
    for (const char* sign : {"=1", "@x", "+a", "-a", "\ufe661", "\ufe62a", "\ufe63a", "\ufe6bx", "\u2212a"}) {
      const std::string text = std::string(before) + sign;
      CAPTURE(text);
      CHECK(reports.csv("[\"" + text + "\"]") == "value\r\n'" + text + "\r\n");
    }
  }
}

TEST_CASE("control characters other than tabs and line ends do not come into CSV") {
  Reports reports;
  CHECK(reports.csv(R"([{"a\u0001": "x\u0000\u001b[31my\u007f", "b": "p\tq\nr"}])") == "a,b\r\nx[31my,\"p\tq\nr\"\r\n");
}

TEST_CASE("a report's name that is hidden or holds a control character is refused") {
  Reports reports;
  for (const char* name : {R"(".week")", R"("a/.week.csv")", R"("a\u0007b.csv")", R"("a\u0085b.csv")"}) {
    for (const char* kind : {"csv", "html", "json"}) {
      Map input = json("{\"rows\": []}").map();
      input.set("file", json(name));
      reports.paper.file.clear();
      const Action action = test::action_named(std::string("reports.") + kind);
      const std::string told =
          test::told(test::ask(reports.loop, reports.host->call(reports.plugin, action, input, reports.paper)));
      CHECK(told.starts_with("denied: cannot write file"));
      CHECK(reports.paper.file.empty());
    }
  }
}

TEST_CASE("nested values become dotted columns, and lists become text") {
  Reports reports;
  CHECK(
      reports.csv(
          R"([{"tag": {"id": 1, "by": {"name": "A"}}, "of": ["x", 2, null, true], "deep": [{"a": 1}, [2]], "none": {}, "empty": []},
                        {"tag": 5, "of": "plain"}])") ==
      "tag.id,tag.by.name,of,deep,empty,tag\r\n"
      "1,A,x; 2; ; true,\"[{\"\"a\"\":1},[2]]\",,\r\n,,plain,,,5\r\n");
  CHECK(reports.csv(R"([1, "two", null, [1, 2], {"a": 3}])") == "value,a\r\n1,\r\ntwo,\r\n,\r\n1; 2,\r\n,3\r\n");
  CHECK(reports.csv(R"([{"a": null}, {}])") == "a\r\n\"\"\r\n\"\"\r\n");
}

TEST_CASE("chosen columns are these and no others, whatever is in them") {
  Reports reports;
  CHECK(reports.write("csv", R"({"columns": ["Name", "a.b", "Tag"], "rows": [{"Name": "x", "a.b": 1, "Tag": {"id": 1}},
                                 {"Tag": null, "Name": {"$unknown": "its name"}}]})") ==
        "Name,a.b,Tag\r\nx,1,\"{\"\"id\"\":1}\"\r\n(known after the run),,\r\n");
}

TEST_CASE("without rows there are the chosen columns or nothing") {
  Reports reports;
  CHECK(reports.csv("[]").empty());
  CHECK(reports.output == R"({"file":"output/report","bytes":0,"rows":0})");
  CHECK(reports.write("csv", R"({"rows": [], "columns": ["a", "b"]})") == "a,b\r\n");
  CHECK(reports.write("json", R"({"rows": []})") == "[]\n");
  CHECK(holds(reports.write("html", R"({"rows": []})"), "There are no rows."));
}

TEST_CASE("in a plan what is not known yet is said so, and so is the file's size") {
  Reports reports;
  CHECK(reports.csv(R"([{"id": {"$unknown": "the id"}, "of": [{"$unknown": "it"}], "x": {"y": {"$unknown": "y"}}},
                        {"$unknown": "the row"}])") ==
        "id,of,x.y,value\r\n(known after the run),\"[{\"\"$unknown\"\":\"\"it\"\"}]\",(known after the run),\r\n"
        ",,,(known after the run)\r\n");
  CHECK(reports.output == R"({"file":"output/report","bytes":{"$unknown":"the size of the file"},"rows":2})");
  CHECK(reports.csv(R"({"$unknown": "the rows"})").empty());
  CHECK(
      reports.output ==
      R"({"file":"output/report","bytes":{"$unknown":"the size of the file"},"rows":{"$unknown":"how many rows it has"}})");
  CHECK(reports.csv(R"([{"a": {"$unknown": "x", "more": 1}}, {"a": {"x": 1, "$unknown": "y"}}])") ==
        "a.$unknown,a.more,a.x\r\nx,1,\r\ny,,1\r\n");
}

TEST_CASE("data that looks unknown is written as it is") {
  Reports reports;
  const auto written = [&reports](const char* format, const char* rows) {
    return reports.write(format, encode_marked_json(Value::object({{"rows", *parse_json(rows)}})));
  };
  CHECK(written("csv", R"([{"$unknown":"x"},{"a":{"$unknown":"y"}},{"a":[{"$$unknown":"z"}]}])") ==
        "$unknown,a.$unknown,a\r\nx,,\r\n,y,\r\n,,\"[{\"\"$$unknown\"\":\"\"z\"\"}]\"\r\n");
  CHECK(written("json", R"([{"$unknown":"x"},{"a":"\"$$unknown\": "}])") ==
        "[\n  {\"$unknown\": \"x\"},\n  {\"a\": \"\\\"$$unknown\\\": \"}\n]\n");
}

TEST_CASE("JSON holds the rows as they are, one a line") {
  Reports reports;
  CHECK(reports.write("json", R"({"rows": [{"a": "x, \"y\": [", "b": {"c": [1, 2.5, null]}}, {}, [], "t"]})") ==
        "[\n  {\"a\": \"x, \\\"y\\\": [\", \"b\": {\"c\": [1, 2.5, null]}},\n  {},\n  [],\n  \"t\"\n]\n");
  CHECK(reports.output.ends_with("\"rows\":4}"));
}

TEST_CASE("a page holds nothing that a browser would run or fetch") {
  Reports reports;
  const std::string page =
      reports.write("html", R"({"title": "<b>T</b>", "summary": {"<i>": "<script>alert(1)</script>"},
      "rows": [{"<h>": "<img src=x onerror=alert(1)>", "x": "a&b \"q\" 'p'"}]})");
  CHECK(holds(page,
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'"));
  CHECK(holds(page, "<h1>&lt;b&gt;T&lt;/b&gt;</h1>"));
  CHECK(holds(page, "<dt>&lt;i&gt;</dt><dd>&lt;script&gt;alert(1)&lt;/script&gt;</dd>"));
  CHECK(holds(page, "<th scope=\"col\">&lt;h&gt;</th>"));
  CHECK(holds(page, "<td>&lt;img src=x onerror=alert(1)&gt;</td><td>a&amp;b &quot;q&quot; &#39;p&#39;</td>"));
  for (const char* bad : {"<script", "<img", "http:", "https:", "src=\"", "url("}) CHECK_FALSE(holds(page, bad));
}

TEST_CASE("times stand in a report as the clocks of the project show them") {
  Reports reports;
  reports.paper.in_zone = "Europe/Berlin";
  const std::string rows = R"([{"at": "2026-03-29T00:30:00Z", "seen": ["2026-07-01T22:00:00.250Z", "x"]},
      {"at": "2026-03-29T03:30:00+02:00", "seen": "2026-12-31"}, {"at": "made 2026-03-29T00:30:00Z", "seen": "2026-13-01T00:00:00Z"},
      {"at": "2026-03-29T00:30:00", "seen": {"deep": "1969-12-31T23:59:59.5Z"}}])";
  const std::string excel = reports.write("csv", R"({"for": "excel", "rows": )" + rows + "}");
  CHECK(excel ==
        "\uFEFFat,seen,seen.deep\r\n2026-03-29 01:30:00,2026-07-02 00:00:00; x,\r\n2026-03-29 03:30:00,2026-12-31,\r\n"
        "made 2026-03-29T00:30:00Z,2026-13-01T00:00:00Z,\r\n2026-03-29T00:30:00,,1970-01-01 00:59:59\r\n");
  CHECK(reports.csv(rows) ==
        "at,seen,seen.deep\r\n2026-03-29T01:30:00+01:00,2026-07-02T00:00:00.250+02:00; x,\r\n"
        "2026-03-29T03:30:00+02:00,2026-12-31,\r\nmade 2026-03-29T00:30:00Z,2026-13-01T00:00:00Z,\r\n"
        "2026-03-29T00:30:00,,1970-01-01T00:59:59.5+01:00\r\n");
  const std::string page =
      reports.write("html", R"({"summary": {"since": "2026-03-29T01:30:00Z"}, "rows": )" + rows + "}");
  CHECK(holds(page, "<dt>since</dt><dd>2026-03-29 03:30:00</dd>"));
  CHECK(holds(page, "<td>2026-03-29 01:30:00</td><td>2026-07-02 00:00:00; x</td>"));
  CHECK(holds(page, "Made 2026-09-21 16:13 Europe/Berlin"));
  CHECK(holds(reports.write("json", "{\"rows\": " + rows + "}"), "\"2026-03-29T00:30:00Z\""));
}

TEST_CASE("a page says when it was made and where, shows its figures, and has numbers at the right") {
  Reports reports;
  reports.paper.at_location = "Main Street";
  const std::string page = reports.write("html", R"({"title": "Week", "location_id": "loc_main",
      "summary": {"Likes": 12, "change": {"likes": -2.5}, "Old": null},
      "rows": [{"day": "Mon", "likes": 5}, {"day": 7, "likes": null}]})");
  CHECK(holds(page, "<p class=\"made\">Made 2026-09-21 14:13 UTC · Main Street</p>"));
  CHECK(holds(page,
              "<div><dt>Likes</dt><dd>12</dd></div>\n<div><dt>change.likes</dt><dd>-2.5</dd></div>\n"
              "<div><dt>Old</dt><dd>–</dd></div>"));
  CHECK(holds(page, "td:nth-child(2){text-align:right}"));
  CHECK_FALSE(holds(page, "td:nth-child(1){text-align:right}"));
  CHECK(holds(page, "<tr><td>Mon</td><td>5</td></tr>\n<tr><td>7</td><td></td></tr>"));
  CHECK(holds(page, "prefers-color-scheme:dark"));
  CHECK(holds(page, "@media print"));
}

namespace {

constexpr const char* calculated =
    R"([{"n": 0.30000000000000004}, {"n": 3703701.3000000003}, {"n": 0.3333333333333333}, {"n": 29.999999999999996},
        {"n": 5.551115123125783e-17}, {"n": 0.00000012345}, {"n": 10.0}, {"n": 12345678901234567890}, {"n": -2.675},
        {"n": [0.30000000000000004, 1]}])";

}  // namespace

TEST_CASE(
    "numbers that people read have no noise of calculation, small ones keep digits, and others stay as they are") {
  Reports reports;
  const std::string rows = std::string("\"rows\": ") + calculated;
  CHECK(
      reports.write("csv", R"({"for": "excel", )" + rows + "}") ==
      "\uFEFFn\r\n0.3\r\n3703701.3\r\n0.333333\r\n30\r\n0\r\n0.000000123\r\n10.0\r\n12345678901234567890\r\n-2.675\r\n"
      "0.3; 1\r\n");
  const std::string page =
      reports.write("html", R"({"summary": {"sum": 0.30000000000000004, "off": -1e-17}, )" + rows + "}");
  for (const char* shown :
       {"<dt>sum</dt><dd>0.3</dd>", "<dt>off</dt><dd>0</dd>", "<td>3703701.3</td>", "<td>0.333333</td>", "<td>30</td>",
        "<td>0.000000123</td>", "<td>10.0</td>", "<td>12345678901234567890</td>", "<td>0.3; 1</td>"})
    CHECK_MESSAGE(holds(page, shown), shown);
}

TEST_CASE("numbers that programs read have all their digits") {
  Reports reports;
  CHECK(reports.csv(R"([{"n": 0.30000000000000004, "all": [0.1, 0.30000000000000004]}])") ==
        "n,all\r\n0.30000000000000004,0.1; 0.30000000000000004\r\n");
  CHECK(holds(reports.write("json", R"({"rows": [{"n": 0.30000000000000004}]})"), "0.30000000000000004"));
  CHECK(
      holds(reports.write("csv", R"({"sections": [{"figures": {"n": 0.30000000000000004}}]})"), "0.30000000000000004"));
}

TEST_SUITE_END();
