#include "courier_bench.hpp"

namespace millrace {

using test::ask;
using test::CourierBench;

namespace {

Value post_to(const std::string& url) { return Value::object({{"method", "POST"}, {"url", url}}); }

/// What the far side was asked for, byte by byte; else why it was not.
std::string asked_at(CourierBench& bench, const std::string& url) {
  bench.arrived.clear();
  const std::string shown = bench.perform("shop.request", post_to(url), bench.site());
  if (bench.arrived.empty()) return shown;
  const IncomingRequest& request = bench.arrived.back();
  return request.path + (request.query.empty() ? "" : "?" + request.query);
}

/// Fails each request with the code, before or after its first byte.
class Failing final : public HttpClient {
 public:
  Failing(ErrorCode code, bool leaves) : code_(code), leaves_(leaves) {}
  Task<Result<IncomingResponse>> send(OutgoingRequest request) override {
    REQUIRE(request.may_have_left != nullptr);
    *request.may_have_left = leaves_;
    co_return Error{code_, "it failed"};
  }

 private:
  ErrorCode code_;
  bool leaves_;
};

Answer failed_with(ErrorCode code, bool leaves) {
  CourierBench bench;
  bench.client = std::make_unique<Failing>(code, leaves);
  const auto shipment =
      bench.courier().prepare(bench.action("shop.tags.create"), Value::object({{"name", "vip"}}), bench.site());
  REQUIRE(shipment);
  return ask(bench.loop, bench.courier().send(*shipment));
}

}  // namespace

TEST_CASE(
    "blanks and letters of any alphabet arrive percent-encoded, in a path as in a query, and nothing else changes") {
  CourierBench bench;
  bench.project.connections[0].base_url = bench.base() + "/v1";
  CHECK(asked_at(bench, "/people/Ada Lovelace") == "/v1/people/Ada%20Lovelace");
  CHECK(asked_at(bench, "/echo?name=Ada Lovelace&town=Köln") == "/v1/echo?name=Ada%20Lovelace&town=K%C3%B6ln");
  CHECK(asked_at(bench, "/größe/東京") == "/v1/gr%C3%B6%C3%9Fe/%E6%9D%B1%E4%BA%AC");
  CHECK(asked_at(bench, bench.base() + "/v1/a b?c=d e#f g") == "/v1/a%20b?c=d%20e");
  CHECK(asked_at(bench, "/a%20b+c/100%?q=%C3%A4%2F&f=a|b\\c") == "/v1/a%20b+c/100%?q=%C3%A4%2F&f=a|b\\c");
}

TEST_CASE("people are shown an address as they wrote it, however it is sent") {
  CourierBench bench;
  const auto shipment =
      bench.courier().prepare(bench.action("shop.request"), post_to("/people/Ada Lovelace?q=ä"), bench.site());
  REQUIRE(shipment);
  CHECK(bench.without_address(shipment->to.shown_url.text()) == "http://HOST/v1/people/Ada Lovelace?q=ä");
  CHECK(bench.without_address(shipment->to.url) == "http://HOST/v1/people/Ada%20Lovelace?q=%C3%A4");
}

TEST_CASE("what a library asks for is sent as what an author asks for") {
  CourierBench bench;
  const auto shipment = bench.courier().prepare(
      bench.action("shop.request"), RequestParts{"GET", Value("/tags/a b?q=c d"), {}, Value()}, Value(), bench.site());
  REQUIRE(shipment);
  CHECK(bench.without_address(shipment->to.url) == "http://HOST/v1/tags/a%20b?q=c%20d");
}

TEST_CASE("a line break or another control character in an address is refused before anything is sent") {
  CourierBench bench;
  for (const char* url : {"/a\nb", "/a?b=c\n", "/a?b=c\r\nHost: x"}) {
    CAPTURE(url);
    CHECK(asked_at(bench, url) == "invalid: the input \"url\" holds a line break");
  }
  for (const char* url : {"/a\tb", "/a?b=\x01", "/a?b=\x7f"}) {
    CAPTURE(url);
    CHECK(asked_at(bench, url) == "invalid: the input \"url\" holds a control character");
  }
  const auto of_library = bench.courier().prepare(
      bench.action("shop.request"), RequestParts{"GET", Value("/tags?q=c\nd"), {}, Value()}, Value(), bench.site());
  REQUIRE(!of_library);
  CHECK(of_library.error().message == "the address that shop.request asks holds a line break");
  CHECK(bench.arrived.empty());
}

TEST_CASE("a write of which nothing has left has failed and may be sent again, whatever its failure is called") {
  for (const ErrorCode code : {ErrorCode::invalid, ErrorCode::cancelled, ErrorCode::timeout, ErrorCode::unsure,
                               ErrorCode::denied, ErrorCode::internal}) {
    CAPTURE(name_of(code));
    const Answer answer = failed_with(code, false);
    REQUIRE(!answer.output);
    CHECK(answer.output.error().message.starts_with("it failed"));
    CHECK(answer.output.error().message.find("not known") == std::string::npos);
    CHECK(answer.settled);
    CHECK(!answer.left);
    CHECK(!answer.may_have_happened);
  }
}

TEST_CASE("a write that has left and got no whole answer may have been done, whatever its failure is called") {
  for (const ErrorCode code : {ErrorCode::invalid, ErrorCode::cancelled, ErrorCode::timeout, ErrorCode::unsure}) {
    CAPTURE(name_of(code));
    const Answer answer = failed_with(code, true);
    REQUIRE(!answer.output);
    CHECK(answer.output.error().code == ErrorCode::unsure);
    CHECK(answer.output.error().message.starts_with("it failed: it is not known whether this was done"));
    CHECK(!answer.settled);
    CHECK(answer.may_have_happened);
  }
}

}  // namespace millrace
