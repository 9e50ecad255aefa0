#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <tuple>

#include "api/page_text.hpp"
#include "base/files.hpp"
#include "routes_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::request;
using test::RoutesBench;

namespace {

const std::string flow = "triggers:\n  - manual\nactions:\n  - {id: one, set: {a: 1}}\n";
const std::string before = "version: 1\nname: flow\n" + flow;
const std::string after = "version: 1\nname: Flow\n" + flow + "  - {id: two, set: {b: 2}}\n";

struct Files : RoutesBench {
  Files() : RoutesBench({{"flow", flow}}) {}

  OutgoingResponse asks(const std::string& line, Value body = {}, std::map<std::string, std::string> headers = {}) {
    headers.insert({{"Host", "127.0.0.1:8710"}, {"Authorization", "Bearer " + token}, {"X-Millrace-Who", "ada"}});
    return asked(request(line, body.is_null() ? "" : encode_json(body), headers));
  }
  OutgoingResponse put(const std::string& id, const std::string& text, std::map<std::string, std::string> headers) {
    return asks("PUT /api/v1/workflows/" + id, Value::object({{"text", text}}), std::move(headers));
  }
  std::string on_disk(const std::string& id) {
    const auto text = read_input((folder.path() / "workflows" / (id + ".yaml")).string());
    return text ? *text : "";
  }
  std::string tag() { return *asks("GET /api/v1/workflows/flow").headers.find("ETag"); }
};

struct Reports : RoutesBench {
  Reports() : RoutesBench({}) { std::filesystem::create_directories(output() / "weekly"); }

  std::filesystem::path output() const { return folder.path() / "output"; }
  void put(const std::string& file, const std::string& content) {
    REQUIRE(replace_file((output() / file).string(), content, 0644));
  }
  OutgoingResponse get(const std::string& file) {
    return asked(
        request("GET /api/v1/reports" + file, "", {{"Host", "127.0.0.1:8710"}, {"Authorization", "Bearer " + token}}));
  }
  std::string header(const OutgoingResponse& answer, const std::string& name) {
    const std::string* found = answer.headers.find(name);
    return found == nullptr ? "" : *found;
  }
};

Value json_of(const OutgoingResponse& answer) { return *parse_json(answer.body); }

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("a file is written where it is as it was seen, taken by the service at once, and the old text is kept") {
  Files bench;
  const Value seen = json_of(bench.asks("GET /api/v1/workflows/flow"));
  CHECK(seen.text_or("text") == before);
  CHECK(seen.text_or("file") == "workflows/flow.yaml");
  CHECK(bench.tag() == '"' + seen.text_or("version") + '"');
  CHECK(seen.text_or("live_version") == seen.text_or("version"));

  const std::string old = bench.tag();
  const OutgoingResponse written = bench.put("flow", after, {{"If-Match", old}});
  CAPTURE(written.body);
  REQUIRE(written.status == 200);
  CHECK(bench.on_disk("flow") == after);
  CHECK(bench.workflow("flow").name == "Flow");
  CHECK(json_of(written).text_or("live_version") == json_of(written).text_or("version"));
  CHECK(*written.headers.find("ETag") == bench.tag());

  const OutgoingResponse overtaken = bench.put("flow", before, {{"If-Match", old}});
  CHECK(overtaken.status == 412);
  CHECK(json_of(overtaken).text_or("text") == after);
  CHECK('"' + json_of(overtaken).text_or("version") + '"' == bench.tag());
  CHECK(bench.on_disk("flow") == after);

  const Value versions = json_of(bench.asks("GET /api/v1/workflows/flow/versions"));
  REQUIRE(versions.find("versions")->list().size() == 2);
  std::string writers;
  for (const Value& version : versions.find("versions")->list()) writers += version.text_or("by", "nobody") + " ";
  CHECK((writers == "ada by api nobody " || writers == "nobody ada by api "));
  const Value kept = json_of(bench.asks("GET /api/v1/workflows/flow/versions/" + old.substr(1, old.size() - 2)));
  CHECK(kept.text_or("text") == before);
}

TEST_CASE("nothing is written without saying from what, over what is there, with errors, or elsewhere") {
  Files bench;
  CHECK(bench.put("flow", after, {}).status == 428);
  CHECK(bench.put("flow", after, {{"If-Match", "*"}}).status == 428);
  CHECK(bench.put("flow", after, {{"If-None-Match", "*"}}).status == 412);
  CHECK(bench.put("absent", after, {{"If-Match", "\"0\""}}).status == 404);
  CHECK(bench.put("..%2fescape", after, {{"If-None-Match", "*"}}).status == 400);
  CHECK(bench.put("a.test", after, {{"If-None-Match", "*"}}).status == 400);
  CHECK(bench.asks("PUT /api/v1/workflows/flow", Value(Map()), {{"If-Match", bench.tag()}}).status == 400);
  CHECK(bench.asks("GET /api/v1/workflows/absent").status == 404);
  const OutgoingResponse wrong = bench.put("flow", before + "nonsense: 1\n", {{"If-Match", bench.tag()}});
  CHECK(wrong.status == 422);
  CHECK(json_of(wrong).find("findings")->list().front().text_or("rule") == "unknown-key");
  std::filesystem::create_symlink("/etc/hostname", bench.folder.path() / "workflows" / "linked.yaml");
  CHECK(bench.asks("GET /api/v1/workflows/linked").status == 403);
  CHECK(bench.put("linked", after, {{"If-None-Match", "*"}}).status == 403);
  CHECK(bench.on_disk("flow") == before);
  CHECK_FALSE(std::filesystem::exists(bench.folder.path() / "escape.yaml"));
}

TEST_CASE("a new file is made only where none is, and removed only as it was seen") {
  Files bench;
  const OutgoingResponse made = bench.put("fresh", after, {{"If-None-Match", "*"}});
  REQUIRE(made.status == 200);
  CHECK(bench.workflow("fresh").problem.empty());
  CHECK(bench.asks("DELETE /api/v1/workflows/fresh").status == 428);
  CHECK(bench.asks("DELETE /api/v1/workflows/fresh", {}, {{"If-Match", "\"0\""}}).status == 412);
  CHECK(bench.asks("DELETE /api/v1/workflows/fresh", {}, {{"If-Match", *made.headers.find("ETag")}}).status == 200);
  CHECK(bench.service->workflows().size() == 1);
  CHECK(bench.asks("DELETE /api/v1/workflows/fresh", {}, {{"If-Match", "\"0\""}}).status == 404);
  CHECK(json_of(bench.asks("GET /api/v1/workflows/fresh/versions")).find("versions")->list().size() == 1);
}

TEST_CASE("a text is checked with places as pages count them, and what cures it") {
  Files bench;
  const std::string text = "version: 1\nname: \"\U0001f600\"\nactoins:\n  - {id: one, set: {a: 1}}\n";
  const Value told =
      json_of(bench.asks("POST /api/v1/check", Value::object({{"file", "workflows/other.yaml"}, {"text", text}})));
  const Value::List& findings = told.find("findings")->list();
  REQUIRE(!findings.empty());
  const Value& first = findings.front();
  CHECK(first.text_or("rule") == "unknown-key");
  const auto units_before = static_cast<std::int64_t>(text.find("actoins")) - 2;  // four bytes are two units
  CHECK(*first.find("from") == Value(units_before));
  CHECK(*first.find("to") == Value(units_before + 7));
  CHECK(first.find("fix")->text_or("text") == "actions");
  CHECK(told.find("sentences")->is_null());
  const Value good =
      json_of(bench.asks("POST /api/v1/check", Value::object({{"file", "workflows/flow.yaml"}, {"text", after}})));
  CHECK(good.find("findings")->list().empty());
  CHECK(good.find("sentences")->is_map());
  CHECK(good.find("outline")->list().size() > 1);
  for (const char* file : {"../other.yaml", "/etc/passwd", "", "workflows/../../a.yaml"}) {
    CAPTURE(file);
    CHECK(bench.asks("POST /api/v1/check", Value::object({{"file", file}, {"text", "a"}})).status == 400);
  }
}

TEST_CASE("what is typed is completed and explained, and expressions are evaluated for a run") {
  Files bench;
  const std::string text = "version: 1\nname: A\nact";
  const auto with = [&](const std::string& what, std::int64_t offset) {
    return json_of(bench.asks("POST /api/v1/" + what,
                              Value::object({{"file", "workflows/a.yaml"}, {"text", text}, {"offset", offset}})));
  };
  const Value completed = with("complete", static_cast<std::int64_t>(text.size()));
  REQUIRE(!completed.find("items")->list().empty());
  CHECK(completed.find("items")->list().front().text_or("label") == "actions");
  CHECK(*completed.find("from") == Value(static_cast<std::int64_t>(text.size()) - 3));
  CHECK(with("hover", 12).text_or("text") != "");

  const auto started = test::ask(bench.loop, bench.service->start_run("flow", Value::object({{"n", 20}}), "ada"));
  bench.settle();
  const auto evaluated = [&](const std::string& expression) {
    return json_of(bench.asks("POST /api/v1/eval",
                              Value::object({{"expression", expression}, {"run", render(started->runs.front())}})));
  };
  CHECK(*evaluated("event.n + 1").find("value") == Value(21));
  CHECK(evaluated("event.n + 1").text_or("type") == "a whole number");
  CHECK(evaluated("event.n +").find("error")->is_map());
  CHECK(evaluated("absent").find("error")->text_or("message") != "");
}

TEST_CASE("two texts of a workflow are compared in words, kept ones and others") {
  Files bench;
  const std::string version = bench.workflow("flow").version;
  const Value told =
      json_of(bench.asks("POST /api/v1/diff", Value::object({{"workflow", "flow"},
                                                             {"from", Value::object({{"version", version}})},
                                                             {"to", Value::object({{"text", after}})}})));
  CHECK_FALSE(told.find("same")->is_true());
  CHECK(told.find("differences")->list().size() == 2);
  CHECK(bench
            .asks("POST /api/v1/diff", Value::object({{"workflow", "flow"},
                                                      {"from", Value::object({{"version", "0"}})},
                                                      {"to", Value::object({{"text", after}})}}))
            .status == 404);
}

TEST_CASE("places of a text are counted in units of UTF-16, forth and back") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "a\u00e9\U0001f600\n";
  const PageText page(text);
  CHECK(page.place(0) == 0);
  CHECK(page.place(1) == 1);
  CHECK(page.place(2) == 1);  // inside of the second character
  CHECK(page.place(3) == 2);
  CHECK(page.place(7) == 4);
  CHECK(page.place(text.size()) == 1500);
  CHECK(page.place(text.size() + 9) == 1500);
  for (std::size_t place = 0; place <= 1500; ++place) {
    const std::size_t there = page.place(page.byte(place));
    CHECK((there == place || there + 1 == place));  // the second unit of a pair is no place
  }
  CHECK(page.byte(9999) == text.size());
}

TEST_CASE("a file below output/ is given byte for byte, as what it is, and nothing in it acts") {
  Reports bench;
  const std::string page = "<h1>Grüße</h1><script>fetch('/api/v1/session')</script>";
  bench.put("weekly/Bericht März.html", page);
  const OutgoingResponse shown = bench.get("/weekly/Bericht%20M%C3%A4rz.html");
  REQUIRE(shown.status == 200);
  CHECK(shown.body == page);
  CHECK(bench.header(shown, "Content-Type") == "text/html; charset=utf-8");
  CHECK(bench.header(shown, "Content-Security-Policy").starts_with("sandbox; default-src 'none'"));
  CHECK(bench.header(shown, "X-Content-Type-Options") == "nosniff");
  CHECK(bench.header(shown, "Content-Disposition").empty());

  for (const auto& [name, type, disposition] :
       {std::tuple("a.CSV", "text/csv; charset=utf-8", ""), std::tuple("a.pdf", "application/pdf", "attachment"),
        std::tuple("a.exe", "application/octet-stream", "attachment"),
        std::tuple("plain", "application/octet-stream", "attachment")}) {
    CAPTURE(name);
    bench.put(name, std::string("a\0b", 3));
    const OutgoingResponse answer = bench.get(std::string("/") + name);
    REQUIRE(answer.status == 200);
    CHECK(answer.body == std::string("a\0b", 3));
    CHECK(bench.header(answer, "Content-Type") == type);
    CHECK(bench.header(answer, "Content-Disposition") == disposition);
    CHECK(bench.header(answer, "Content-Security-Policy").starts_with("sandbox;"));
  }
}

TEST_CASE("nothing is read outside of output/, through a link, or that is no plain file") {
  Reports bench;
  bench.put("../secret.txt", "not for you");
  std::filesystem::create_symlink(bench.folder.path() / "secret.txt", bench.output() / "link.txt");
  std::filesystem::create_directory_symlink(bench.folder.path(), bench.output() / "out");
  const auto refused = [&bench](const std::string& file, int status) {
    const OutgoingResponse answer = bench.get(file);
    CAPTURE(file);
    CAPTURE(answer.body);
    CHECK(answer.status == status);
    CHECK(answer.body.find("not for you") == std::string::npos);
  };
  for (const std::string file : {"/../secret.txt", "/%2e%2e/secret.txt", "/weekly/..%2f..%2fsecret.txt",
                                 "/%2Fetc/passwd", "//etc/passwd", "/a%00b", "/link.txt", "/out/secret.txt", "/weekly"})
    refused(file, 403);
  refused("/absent.html", 404);
  refused("/weekly/absent.html", 404);
  refused("/", 400);
  refused("/a%zz", 400);
  refused("/a%ff", 400);
}

TEST_SUITE_END();
