#include <doctest/doctest.h>

#include "catalog/plugin_folder.hpp"
#include "catalog/request.hpp"
#include "value/member_path.hpp"

using namespace millrace;
using test::json;

TEST_SUITE_BEGIN("catalog");

namespace {

/// The request as one text: method, path, headers, body; or the error.
std::string built(const std::string& action, const std::string& input) {
  const test::PluginFolder plugins;
  const auto manifest = plugins.demo(action);
  if (!manifest) return render(manifest.error());
  const auto request = build_request(manifest->actions.at(0), json(input));
  if (!request) return "error: " + request.error().message;
  std::string text =
      request->method + " " + (request->path.is_text() ? request->path.text() : encode_json(request->path));
  for (const auto& [name, value] : request->headers) text += " " + name + ": " + value;
  return request->body.is_null() ? text : text + " " + encode_json(request->body);
}

const std::string tag =
    R"({"summary": "x", "request": {"method": "PUT", "path": "/locations/{location_id}/tags/{tag_id}",
    "query": {"dryRun": "dry_run", "only": "only"}, "body": {"name": "name", "more": {"color": "color"}}},
    "input": {"additionalProperties": true}})";

const std::string free_form =
    R"({"summary": "x", "request": {"method": "{method}", "path": "{path}", "url_input": "url",
    "query_input": "query", "headers_input": "headers", "body_input": "body"}, "connection": false,
    "input": {"additionalProperties": true}})";

}  // namespace

TEST_CASE("inputs fill the path, the query and the body, and absent ones are left out") {
  CHECK(built(tag, R"({"location_id": "loc", "tag_id": "t1", "name": "vip"})") ==
        R"(PUT /locations/loc/tags/t1 {"name":"vip"})");
  CHECK(
      built(
          tag,
          R"({"location_id": "loc", "tag_id": 7, "name": null, "color": "red", "dry_run": true, "only": ["a b", "c&d"]})") ==
      R"(PUT /locations/loc/tags/7?dryRun=true&only=a%20b&only=c%26d {"name":null,"more":{"color":"red"}})");
  CHECK(built(tag, R"({"location_id": "loc", "tag_id": "t1", "only": null})") == "PUT /locations/loc/tags/t1 {}");
}

TEST_CASE("lists and mappings of a query are written in the style that the API wants") {
  const std::string styled =
      R"({"summary": "x", "request": {"method": "GET", "path": "/tags", "query": {"a": "a", "b": "b", "c": "c", "d": "d", "e": "e"},
      "styles": {"b": "comma", "c": "pipe", "d": "deep", "e": "json"}}, "input": {"additionalProperties": true}})";
  CHECK(built(styled,
              R"({"a": [1, 2], "b": [1, 2], "c": ["x", "y"], "d": {"e": [1, {"f": 2}], "g": null, "h": ["i"]}})") ==
        "GET /tags?a=1&a=2&b=1%2C2&c=x%7Cy&d%5Be%5D%5B0%5D=1&d%5Be%5D%5B1%5D%5Bf%5D=2&d%5Bh%5D%5B%5D=i");
  CHECK(built(styled, R"({"b": [], "c": [{"$unknown": "the tag"}, 1], "d": {}})") ==
        "GET {\"$unknown\":\"/tags?b=&c=(the tag)\"}");
  CHECK(built(styled, R"({"b": [{"x": 1}]})").starts_with("error: "));
  CHECK(built(styled, R"({"e": {"x": [1, "y"]}})") == "GET /tags?e=%7B%22x%22%3A%5B1%2C%22y%22%5D%7D");
  CHECK(built(styled, R"({"e": {"x": {"$unknown": "the tag"}}})") == "GET {\"$unknown\":\"/tags?e=(e)\"}");
}

TEST_CASE("a body that is a form is sent as one") {
  const std::string form =
      R"({"summary": "x", "request": {"method": "POST", "path": "/tags", "body": {"name": "name", "more": "more"},
      "body_format": "form"}, "input": {"additionalProperties": true}})";
  const std::string head = "POST /tags Content-Type: application/x-www-form-urlencoded ";
  CHECK(built(form, R"({"name": "a&b=c", "more": {"x": [1, 2]}})") ==
        head + R"("name=a%26b%3Dc&more%5Bx%5D%5B%5D=1&more%5Bx%5D%5B%5D=2")");
  CHECK(built(form, R"({"name": {"$unknown": "the name"}})") == head + "{\"$unknown\":\"name=(the name)\"}");
  CHECK(built(form, R"({"name": true})") == head + R"("name=true")");
}

TEST_CASE("inputs that are not given have what their schema says") {
  const std::string page =
      R"({"summary": "x", "request": {"method": "POST", "path": "/x/{order}", "query": {"lim": "limit"},
      "body": {"skip": "skip", "limit": "limit"}}, "input": {"properties": {"limit": {"type": "string", "default": "10"},
      "skip": {"type": "string", "default": "0"}, "order": {"default": "name"}}}})";
  CHECK(built(page, "{}") == R"(POST /x/name?lim=10 {"skip":"0","limit":"10"})");
  CHECK(built(page, R"({"limit": "50", "order": "id"})") == R"(POST /x/id?lim=50 {"skip":"0","limit":"50"})");
}

TEST_CASE("an action's own headers are the same each time, and the author's follow them") {
  const std::string versioned =
      R"({"summary": "x", "request": {"method": "GET", "path": "/x", "headers": {"Version": "v3"}, "headers_input": "more"},
      "input": {"additionalProperties": true}})";
  CHECK(built(versioned, "{}") == "GET /x Version: v3");
  CHECK(built(versioned, R"({"more": {"x-a": "1"}})") == "GET /x Version: v3 x-a: 1");
}

TEST_CASE("an input can give the members of the body other names") {
  const std::string survey =
      R"({"summary": "x", "request": {"method": "POST", "path": "/x", "body": {"email": "email", "tag": "tag"},
      "body_names_input": "fields"}, "input": {"additionalProperties": true}})";
  CHECK(built(survey, R"({"email": "a@b.c", "tag": "t", "fields": {"email": "mail", "owner": "who"}})") ==
        R"(POST /x {"mail":"a@b.c","tag":"t"})");
  CHECK(built(survey, R"({"email": "a@b.c"})") == R"(POST /x {"email":"a@b.c"})");
}

TEST_CASE("an input cannot lead a path elsewhere") {
  CHECK(built(tag, R"({"location_id": "a/../b?c#d", "tag_id": "é%2F"})") ==
        "PUT /locations/a%2F..%2Fb%3Fc%23d/tags/%C3%A9%252F {}");
  CHECK(built(tag, R"({"location_id": "..", "tag_id": "t1"})") == R"(error: the input "location_id" cannot be "..")");
  for (const char* way : {"../x", "a/../../x", "%2e%2e", "..;x", "..\\\\x", "a\\u0000", "%252e%252e"}) {
    CAPTURE(way);
    CHECK(built(tag, R"({"tag_id": "t1", "location_id": ")" + std::string(way) + "\"}").starts_with("error: "));
  }
  CHECK(built(tag, R"({"location_id": "loc", "tag_id": ""})") == R"(error: the input "tag_id" is empty)");
  CHECK(built(tag, R"({"location_id": "loc"})") == R"(error: the input "tag_id" is missing)");
}

TEST_CASE("what only the run will tell stays unknown, and what is known of it is shown") {
  CHECK(
      built(tag,
            R"({"location_id": "loc", "tag_id": {"$unknown": "the id of tag vip"}, "name": {"$unknown": "a name"}})") ==
      R"x(PUT {"$unknown":"/locations/loc/tags/(the id of tag vip)"} {"name":{"$unknown":"a name"}})x");
}

TEST_CASE("a request may be wholly the author's") {
  CHECK(
      built(
          free_form,
          R"({"method": "post", "url": "https://example.com/a?b=c#d", "query": {"e": 1}, "headers": {"x-a": "1"}, "body": [1]})") ==
      "POST https://example.com/a?b=c&e=1 x-a: 1 [1]");
  const auto post = [](const std::string& type, const std::string& body) {
    return built(free_form, R"({"method": "POST", "path": "/a", "headers": {"content-TYPE": ")" + type +
                                R"("}, "body": )" + body + "}");
  };
  const std::string form = "application/x-www-form-urlencoded",
                    utf8 = "Application/X-WWW-Form-Urlencoded; charset=utf-8";
  CHECK(post(form, R"({"a": "1 &", "b": [1, 2], "c": null})") ==
        "POST /a content-TYPE: " + form + R"( "a=1%20%26&b=1&b=2")");
  CHECK(post(utf8, R"({"a": true})") == "POST /a content-TYPE: " + utf8 + R"( "a=true")");
  CHECK(post(form, R"("a=1")") == "POST /a content-TYPE: " + form + R"( "a=1")");
  CHECK(post("application/json", R"({"a": 1})") == R"(POST /a content-TYPE: application/json {"a":1})");
  CHECK(built(free_form, R"({"method": "GET", "path": "/a/b?c=d"})") == "GET /a/b?c=d");
  CHECK(built(free_form, R"({"path": "/a"})") == "GET /a");
  CHECK(built(free_form, R"({"method": "GET"})") == R"(error: the input "url" is missing)");
  CHECK(built(free_form, R"({"method": "BREW", "url": "/x"})") ==
        R"(error: "BREW" is no method of HTTP; it must be GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS)");
  CHECK(built(free_form, R"({"method": "GET", "url": "file:///etc/passwd"})")
            .starts_with(R"(error: the input "url" must be)"));
  CHECK(built(free_form, R"({"method": "GET", "path": "https://example.com/"})")
            .starts_with(R"(error: the input "path" must be)"));
  CHECK(built(free_form, R"({"method": "GET", "path": "/a/../b"})") == R"(error: the input "path" cannot hold "..")");
  for (const char* way : {"/%2e%2e/admin", "/..;/admin", "/..\\\\admin", "/a\\u0000", "/%00", "/%252e%252e/admin",
                          "/a%5c..", "https://example.com/v1/%2e%2e/admin"}) {
    CAPTURE(way);
    CHECK(built(free_form, R"({"method": "GET", "url": ")" + std::string(way) + "\"}").starts_with("error: "));
  }
  CHECK(built(free_form, R"({"method": "GET", "url": "/x", "headers": {"a": "1\r\nb: 2"}})") ==
        R"(error: the input "headers" holds a control character in the header "a")");
}

TEST_CASE("patterns are filled with inputs as text") {
  const Value input = json(R"({"name": "vip", "count": 3, "id": {"$unknown": "the id of tag vip"}})");
  CHECK(fill("create tag {name} ({count}) {nothing}!", input) == Value("create tag vip (3) !"));
  CHECK(fill("tag:{id}", input) == Value::unknown("tag:(the id of tag vip)"));
  CHECK(fill("with {tags}", json(R"({"tags": ["vip", "a b", 3]})")) == Value("with vip, a b, 3"));
  CHECK(fill("with {tags}", json(R"({"tags": []})")) == Value("with "));
  CHECK(fill("with {tags}", json(R"({"tags": ["vip", {"$unknown": "a name"}]})")) ==
        Value::unknown("with vip, (a name)"));
  CHECK(fill("an { open end", input) == Value("an { open end"));
}

TEST_CASE("members are found along a dotted path") {
  const Value value = json(R"({"results": {"tags": [1]}})");
  CHECK(*member_at(value, "results.tags") == json("[1]"));
  CHECK(*member_at(value, "") == value);
  CHECK(member_at(value, "results.tag") == nullptr);
  CHECK(member_at(value, "results.tags.x") == nullptr);
}

TEST_SUITE_END();
