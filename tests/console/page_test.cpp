#include "console/page.hpp"

#include <doctest/doctest.h>

#include <map>

#include "console/small_page.hpp"
#include "http/content_coding.hpp"

using namespace millrace;

namespace {

IncomingRequest asked(const std::string& path, const std::map<std::string, std::string>& headers = {},
                      const std::string& method = "GET") {
  IncomingRequest request;
  request.method = method;
  request.path = path;
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  return request;
}

std::string header(const OutgoingResponse& response, std::string_view name) {
  const std::string* value = response.headers.find(name);
  return value == nullptr ? "none" : *value;
}

std::string unpacked(const OutgoingResponse& response) {
  std::string text;
  ContentDecoder::of("gzip")->add(response.body, text, 1u << 20);
  return text;
}

const std::map<std::string, std::string> browser = {{"Accept", "text/html,*/*"}, {"Accept-Encoding", "gzip, br"}};

}  // namespace

TEST_SUITE_BEGIN("console");

TEST_CASE("the page goes out packed, and unpacked to whoever does not take gzip") {
  const Page page(test::small_page(), "/");
  const OutgoingResponse packed = page.index(asked("/", browser));
  CHECK(header(packed, "Content-Encoding") == "gzip");
  CHECK(unpacked(packed).find("<base href=\"/\">") != std::string::npos);
  for (const char* accepted : {"", "br", "gzip;q=0", "identity, gzip; q=0.0"}) {
    CAPTURE(accepted);
    const OutgoingResponse plain = page.index(asked("/", {{"Accept-Encoding", accepted}}));
    CHECK(header(plain, "Content-Encoding") == "none");
    CHECK(plain.body == unpacked(packed));
    CHECK(header(plain, "ETag") != header(packed, "ETag"));
  }
  CHECK(header(page.index(asked("/", {{"Accept-Encoding", "GZIP;q=0.5"}})), "Content-Encoding") == "gzip");
}

TEST_CASE("a browser asks each time whether the page is still the same, and never again for what it loads") {
  const Page page(test::small_page(), "/");
  const OutgoingResponse first = page.index(asked("/", browser));
  CHECK(header(first, "Cache-Control") == "no-cache");
  auto again = browser;
  again["If-None-Match"] = "\"other\", W/" + header(first, "ETag");
  const OutgoingResponse second = page.index(asked("/", again));
  CHECK(second.status == 304);
  CHECK(second.body.empty());
  CHECK(header(second, "ETag") == header(first, "ETag"));
  const OutgoingResponse script = page.asset(asked("/assets/app-1a2b.js", browser), "app-1a2b.js");
  CHECK(header(script, "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(header(script, "Content-Type") == "text/javascript; charset=utf-8");
  CHECK(unpacked(script) == "run();");
}

TEST_CASE("a file that is not there is told so, not answered with the page") {
  const Page page(test::small_page(), "/");
  for (const char* name : {"app-0000.js", "", "../index.html", "index.html"}) {
    CAPTURE(name);
    const OutgoingResponse response = page.asset(asked("/assets/" + std::string(name), browser), name);
    CHECK(response.status == 404);
    CHECK(header(response, "Cache-Control") == "no-store");
  }
}

TEST_CASE("a browser that opens one of the page's places gets the page; programs and other addresses do not") {
  const Page page(test::small_page(), "/");
  for (const char* path : {"/", "/runs", "/runs/r06f8w3k2q1m9s/steps/0.2", "/enter", "/hooksandmore"}) {
    CAPTURE(path);
    const auto answer = page.elsewhere(asked(path, browser));
    REQUIRE(answer);
    CHECK(header(*answer, "Content-Type") == "text/html; charset=utf-8");
    CHECK(page.elsewhere(asked(path, browser, "HEAD")));
    CHECK_FALSE(page.elsewhere(asked(path, browser, "POST")));
    CHECK_FALSE(page.elsewhere(asked(path, {{"Accept", "application/json"}})));
    CHECK_FALSE(page.elsewhere(asked(path)));
  }
  for (const char* path : {"/api", "/api/v1/nothing", "/hooks/x", "/approve", "/enter/code", "/oauth/callback",
                           "/files/x", "/assets/x", "/healthz", "/readyz", "/metrics"}) {
    CAPTURE(path);
    CHECK_FALSE(page.elsewhere(asked(path, browser)));
  }
  const auto icon = page.elsewhere(asked("/favicon.svg", {{"Accept-Encoding", "identity"}}));
  REQUIRE(icon);
  CHECK(icon->body == "<svg/>");
  CHECK(header(*icon, "Content-Type") == "image/svg+xml");
}

TEST_CASE("what a page may do is said with each answer") {
  const Page page(test::small_page(), "/");
  for (const OutgoingResponse& answer :
       {page.index(asked("/", browser)), page.asset(asked("/", browser), "app-1a2b.js"),
        page.asset(asked("/"), "no")}) {
    CHECK(header(answer, "Content-Security-Policy").starts_with("default-src 'none'; script-src 'self'; "));
    CHECK(header(answer, "Content-Security-Policy").find("unsafe") == std::string::npos);
    CHECK(header(answer, "X-Content-Type-Options") == "nosniff");
    CHECK(header(answer, "Referrer-Policy") == "no-referrer");
    CHECK(header(answer, "Cross-Origin-Opener-Policy") == "same-origin");
    CHECK(header(answer, "Cross-Origin-Resource-Policy") == "same-origin");
  }
}

TEST_CASE("below a path the page knows where it is") {
  CHECK(base_of("") == "/");
  CHECK(base_of("https://mill.example") == "/");
  CHECK(base_of("https://mill.example/flows") == "/flows/");
  CHECK(base_of("https://mill.example/a/b/?c=d") == "/a/b/");
  CHECK(base_of("https://mill.example/\"><script>") == "/");
  const Page page(test::small_page(), "/flows/");
  const OutgoingResponse response = page.index(asked("/", browser));
  CHECK(response.body.find("<base href=\"/flows/\">") != std::string::npos);
  CHECK(header(response, "Content-Encoding") == "none");
  CHECK(header(response, "ETag") != "none");
}

TEST_CASE("a program without its page says in a sentence what was missing") {
  static constexpr EmbeddedFile none[] = {{"other", "other"}};
  const OutgoingResponse response = Page(none, "/").index(asked("/", browser));
  CHECK(response.status == 503);
  CHECK(response.body.starts_with("This Millrace was built without its console"));
  CHECK(response.body.find("script/build") != std::string::npos);
}

TEST_SUITE_END();
