#include "courier/page_turner.hpp"
#include "courier_bench.hpp"

namespace millrace {

using test::CourierBench;
using test::reply;

namespace {

OutgoingResponse linked(std::string body, const std::string& link) {
  OutgoingResponse response = reply(200, std::move(body));
  if (!link.empty()) response.headers.add("Link", "</v1/boats>; rel=self");
  if (!link.empty()) response.headers.add("Link", link);
  return response;
}

constexpr const char* all = R"({"all_pages": true})";

}  // namespace

TEST_CASE("a list comes with the things of all pages where its input asks for them, and else with one") {
  CourierBench bench;
  bench.answer_in_turn({reply(200, R"({"found": {"boats": [{"id": 1}, {"id": 2}], "total": 3}, "trace": "a"})"),
                        reply(200, R"({"found": {"boats": [{"id": 3}]}})"), reply(200, R"({"found": {"boats": []}})")});
  CHECK(bench.perform("shop.boats.by_page", all) ==
        R"({"found":{"boats":[{"id":1},{"id":2},{"id":3}],"total":3},"trace":"a"})");
  CHECK(bench.requests() == "GET /v1/boats\nGET /v1/boats?page=2\nGET /v1/boats?page=3\n");
  bench.arrived.clear();
  bench.answer_in_turn({reply(200, R"({"found": {"boats": [{"id": 1}]}})")});
  for (const char* input : {"{}", R"({"all_pages": false})"})
    CHECK(bench.perform("shop.boats.by_page", input) == R"({"found":{"boats":[{"id":1}]}})");
  CHECK(bench.arrived.size() == 2);
}

TEST_CASE("a cursor that is missing, null or empty ends a list") {
  CourierBench bench;
  for (const char* end : {R"({"boats": []})", R"({"boats": [], "more": null})", R"({"boats": [], "more": ""})"}) {
    bench.arrived.clear();
    bench.answer_in_turn({reply(200, R"({"boats": ["a"], "more": "x/2"})"), reply(200, end)});
    CHECK(bench.perform("shop.boats.by_cursor", all) == R"({"boats":["a"],"more":"x/2"})");
    CHECK(bench.requests() == "POST /v1/boats/search {}\nPOST /v1/boats/search {\"cursor\":\"x/2\"}\n");
  }
}

TEST_CASE("an empty list that is written as null is a page without things, and what is no list is a failure") {
  CourierBench bench;
  bench.answer_in_turn({reply(200, R"({"boats": ["a"], "more": "x"})"), reply(200, R"({"boats": null, "more": "y"})"),
                        reply(200, R"({"boats": ["b"]})")});
  CHECK(bench.perform("shop.boats.by_cursor", all) == R"({"boats":["a","b"],"more":"x"})");
  bench.answer_in_turn({reply(200, R"({"boats": null})")});
  CHECK(bench.perform("shop.boats.by_cursor", all) == R"({"boats":[]})");
  for (const char* none : {R"({"boats": {}})", R"({"boats": ""})", "{}"}) {
    bench.answer_in_turn({reply(200, none)});
    CHECK(bench.perform("shop.boats.by_cursor", all) ==
          "invalid: page 1: the answer has no list \"boats\" to go on from");
  }
}

TEST_CASE("a Link header leads on, and never to another far side") {
  CourierBench bench;
  const std::string more = bench.base() + "/v1/boats?mast=2&page=2";
  bench.answer_in_turn({linked("[1]", "<" + more + ">; rel=\"next\", </v1/boats?page=9>; rel=\"last\""),
                        linked("[2]", "<?mast=2&page=3>; foo=1; rel=next"), linked("[3]", "")});
  CHECK(bench.perform("shop.boats.by_link", R"({"all_pages": true, "mast": "2", "seen": ["a b", ";"]})") == "[1,2,3]");
  CHECK(bench.requests() == "GET /v1/boats?mast=2\nGET /v1/boats?mast=2&page=2\nGET /v1/boats?mast=2&page=3\n");
  for (const IncomingRequest& request : bench.arrived) {
    CHECK(*request.headers.find("Authorization") == std::string("Bearer ") + CourierBench::token);
    CHECK(*request.headers.find("Cookie") == "seen=a%20b; seen=%3B");
  }
  // What a proxy in front calls itself is the same list; another list is asked nowhere else.
  bench.arrived.clear();
  bench.answer_in_turn({linked("[1]", "<https://public.example/v1/boats?page=2>; rel=next"), linked("[2]", "")});
  CHECK(bench.perform("shop.boats.by_link", all) == "[1,2]");
  CHECK(bench.requests() == "GET /v1/boats\nGET /v1/boats?page=2\n");
  bench.answer_in_turn({linked("[1]", "<https://evil.example/steal>; rel=next")});
  CHECK(bench.perform("shop.boats.by_link", all) ==
        "denied: page 1: the next page would be at evil.example, and what is asked of HOST is asked nowhere else");
  bench.answer_in_turn({linked("[1]", "</other?page=2>; rel=next")});
  CHECK(bench.perform("shop.boats.by_link", all).starts_with("denied: page 1: /other is not below the address of"));
}

TEST_CASE("pages that come again end a list, and things that move between pages come once") {
  CourierBench bench;
  const OutgoingResponse same = reply(200, R"({"found": {"boats": [{"id": 1}]}})");
  bench.answer_in_turn({same});
  CHECK(bench.perform("shop.boats.by_page", all) ==
        "unavailable: page 3: it gives pages again that it had given before, after 1 thing: what lies behind them "
        "cannot be reached");
  bench.answer_in_turn({reply(200, R"({"boats": ["a"], "more": "x"})"), reply(200, R"({"boats": ["b"], "more": "y"})"),
                        reply(200, R"({"boats": ["c"], "more": "x"})")});
  CHECK(bench.perform("shop.boats.by_cursor", all) ==
        "unavailable: page 3: the next page is one that was asked for before: the list does not end");
  bench.answer_in_turn({reply(200, R"({"found": {"boats": [{"id": 1}, {"id": 2}]}})"),
                        reply(200, R"({"found": {"boats": [{"id": 2}, {"id": 3}]}})"),
                        reply(200, R"({"found": {"boats": []}})")});
  CHECK(bench.perform("shop.boats.by_page", all) == R"({"found":{"boats":[{"id":1},{"id":2},{"id":3}]}})");
}

TEST_CASE("a list that has fewer things than its first page told of is read once more, and then it is a failure") {
  CourierBench bench;
  const auto page = [](const std::string& boats, const std::string& total = "") {
    return reply(200,
                 R"({"found": {"boats": [)" + boats + "]" + (total.empty() ? "" : R"(, "total": )" + total) + "}}");
  };
  const OutgoingResponse none = page("");
  // One that goes while it is read moves those behind it: the second reading has them all.
  bench.answer_in_turn({page(R"({"id": 1}, {"id": 2})", "4"), page(R"({"id": 4})", "3"), none,
                        page(R"({"id": 2}, {"id": 3})", "3"), page(R"({"id": 4})", "3"), none});
  CHECK(bench.perform("shop.boats.by_page", all) == R"({"found":{"boats":[{"id":2},{"id":3},{"id":4}],"total":3}})");
  CHECK(bench.requests() ==
        "GET /v1/boats\nGET /v1/boats?page=2\nGET /v1/boats?page=3\n"
        "GET /v1/boats\nGET /v1/boats?page=2\nGET /v1/boats?page=3\n");
  bench.arrived.clear();
  bench.answer_in_turn({page(R"({"id": 1})", "60"), none, page(R"({"id": 1})", "60"), none});
  CHECK(bench.perform("shop.boats.by_page", all) ==
        "unavailable: page 2: only 1 of 60 things came, twice: the list breaks off, or moves while it is read; try "
        "again later");
  CHECK(bench.arrived.size() == 4);
  for (const char* promises_nothing : {"0", "null", "\"many\"", "1"}) {
    bench.answer_in_turn({page(R"({"id": 1}, {"id": 2})", promises_nothing), none});
    CHECK(bench.perform("shop.boats.by_page", all).starts_with(R"({"found":{"boats":[{"id":1},{"id":2}],)"));
  }
}

TEST_CASE("without ids a list that comes round again ends, and pages that are alike are all there") {
  CourierBench bench;
  const auto page = [](const std::string& boats, int more) {
    return reply(200,
                 R"({"boats": [)" + boats + R"(], "more": ")" + (more == 0 ? "" : "x" + std::to_string(more)) + "\"}");
  };
  for (const std::size_t round : {2u, 3u}) {
    CAPTURE(round);
    std::vector<OutgoingResponse> answers;
    for (int number = 1; number <= 12; ++number)
      answers.push_back(page("\"b" + std::to_string(static_cast<std::size_t>(number) % round) + "\"", number));
    bench.arrived.clear();
    bench.answer_in_turn(answers);
    CHECK(bench.perform("shop.boats.by_cursor", all).find("it gives pages again that it had given before") !=
          std::string::npos);
    CHECK(bench.arrived.size() == round + 2);
  }
  bench.answer_in_turn({page(R"("ok", "ok")", 1), page(R"("ok", "ok")", 2), page(R"("no")", 0)});
  CHECK(bench.perform("shop.boats.by_cursor", all) == R"({"boats":["ok","ok","ok","ok","no"],"more":"x1"})");
}

TEST_CASE("empty pages that each name a further one end a list") {
  CourierBench bench;
  std::vector<OutgoingResponse> answers;
  for (int number = 1; number <= 40; ++number)
    answers.push_back(reply(200, R"({"boats": [], "more": "x)" + std::to_string(number) + "\"}"));
  bench.answer_in_turn(answers);
  CHECK(bench.perform("shop.boats.by_cursor", all).find("it gives one empty page after the other, after 0 things") !=
        std::string::npos);
  CHECK(bench.arrived.size() < answers.size());
}

TEST_CASE("a far side that gives the first page twice, without ids, has it once") {
  CourierBench bench;
  bench.answer_in_turn({reply(200, R"({"boats": ["a"], "more": "0"})"), reply(200, R"({"boats": ["a"], "more": "1"})"),
                        reply(200, R"({"boats": ["b"]})")});
  CHECK(bench.perform("shop.boats.by_cursor", all) == R"({"boats":["a","b"],"more":"0"})");
}

TEST_CASE("a page that fails or is no page fails the list, and says which it is") {
  CourierBench bench;
  bench.answer_in_turn({reply(200, R"({"boats": ["a"], "more": "x"})"), reply(400, R"({"message": "no"})")});
  CHECK(bench.perform("shop.boats.by_cursor", all).starts_with("invalid: page 2: shop "));
  bench.answer_in_turn({reply(200, R"({"boats": {}})")});
  CHECK(bench.perform("shop.boats.by_cursor", all) ==
        R"(invalid: page 1: the answer has no list "boats" to go on from)");
  bench.answer_in_turn({reply(403, "{}")});
  CHECK(bench.perform("shop.boats.by_cursor", all).find("page 1") == std::string::npos);
}

TEST_CASE("each page counts as a request that left") {
  CourierBench bench;
  bench.answer_in_turn({reply(200, R"({"boats": ["a"], "more": "x"})"), reply(200, R"({"boats": []})")});
  const auto shipment =
      bench.courier().prepare(bench.action("shop.boats.by_cursor"), CourierBench::read(all), bench.site());
  REQUIRE(shipment);
  const Answer answer = test::ask(bench.loop, bench.courier().send(*shipment));
  CHECK(answer.left);
  CHECK(answer.further == 1);
}

TEST_CASE("the next page is read out of a Link header, whatever stands beside it") {
  CHECK(next_in_link("<https://a.example/x?page=2>; rel=\"next\"") == "https://a.example/x?page=2");
  CHECK(next_in_link("</a>; rel=prev, </b>; title=\"x\"; rel=next") == "/b");
  CHECK(next_in_link("</a>; rel=\"last\"") == "");
  CHECK(next_in_link("</a; rel=next") == "");
  CHECK(next_in_link("</a>; rel=\"next last\"") == "/a");
  CHECK(next_in_link("</a>; rel=\"self\tnext\"") == "/a");
  CHECK(next_in_link("</a> ; rel = \"Next\" ,</b>;rel=last") == "/a");
  CHECK(next_in_link("</a>; title=\"a <x>, \\\"b\\\"; rel=prev\"; rel=next") == "/a");
  CHECK(next_in_link("</a,b>; title=\"<x>; rel=next\"; rel=prev, </c>; rel=next; title=y") == "/c");
  CHECK(next_in_link("</a>; rel=prev; rel=next") == "");
  CHECK(next_in_link("</a>; rel=\"next") == "/a");
  CHECK(next_in_link("</a>; rel=nextish, </b>; rev=next, </c>; rel=") == "");
  CHECK(next_in_link("") == "");
}

}  // namespace millrace
