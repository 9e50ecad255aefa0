#include "courier_bench.hpp"

namespace millrace {

using test::CourierBench;
using test::reply;

TEST_CASE("a request carries what the manifest, the connection and the site say") {
  CourierBench bench;
  CHECK(bench.perform("shop.orders.add", R"({"item": "tea"})") == "{}");
  REQUIRE(bench.arrived.size() == 1);
  const IncomingRequest& request = bench.arrived[0];
  CHECK(bench.requests() == "POST /v1/orders {\"item\":\"tea\"}\n");
  CHECK(*request.headers.find("Authorization") == std::string("Bearer ") + CourierBench::token);
  CHECK(*request.headers.find("Version") == "2021-07-28");
  CHECK(*request.headers.find("Accept") == "application/json");
  CHECK(*request.headers.find("Content-Type") == "application/json");
  CHECK(*request.headers.find("User-Agent") == "millrace/1.2.3");
  CHECK(*request.headers.find("Idempotency-Key") == "key-of-step");
}

TEST_CASE("an answer that is not JSON is named, and its beginning shown without secrets") {
  CourierBench bench;
  bench.answer_in_turn({reply(200, std::string("<html> hello ") + CourierBench::token + std::string(80, 'x'))});
  const std::string shown = bench.perform("shop.tags.list");
  CHECK(shown.substr(0, 51) == "invalid: the answer of shop at HOST is not JSON: no");
  CHECK(shown.find("in \"<html> hello secret:shop_token") != std::string::npos);
  CHECK(shown.find(CourierBench::token) == std::string::npos);
  CHECK(shown.size() < 200);
}

TEST_CASE("a redirect is not followed, so the token stays") {
  CourierBench bench;
  OutgoingResponse redirect = reply(302, "");
  redirect.headers.add("Location", "https://evil.example/collect");
  bench.answer_in_turn({redirect});
  CHECK(bench.perform("shop.tags.list") ==
        "denied: shop sends the request on to evil.example (302), which is not followed: use the final address");
  CHECK(bench.arrived.size() == 1);
}

TEST_CASE("what was done in part is told, with what was not done, and has happened") {
  CourierBench bench;
  const auto answered = [&bench](const char* body) {
    bench.answer_in_turn({reply(201, body)});
    return bench.perform("shop.tags.add_many", R"({"names": ["a", "b"]})");
  };
  CHECK(answered(R"({"failed": ["a: no such thing", {"b": 1}]})") ==
        R"(invalid: shop did only a part of what shop.tags.add_many sent (201): a: no such thing; {"b":1})");
  CHECK(answered(R"({"failed": []})") == R"({"failed":[]})");
  CHECK(answered("{}") == "{}");
  CHECK(answered(R"({"failed": "all of it"})").starts_with("invalid: shop did not take what shop.tags.add_many sent"));
}

TEST_CASE("what an answer says of secrets is not kept") {
  CourierBench bench;
  bench.answer_in_turn({reply(200, R"({"token": "t-1", "user": {"name": "Ada", "key": "k-1"}, "other": "x"})")});
  const std::string told = R"j({"token":"(secret)","user":{"name":"Ada","key":"(secret)"},"other":"x"})j";
  CHECK(bench.perform("shop.session.open") == told);
  bench.answer_in_turn({reply(200, R"({"token": null, "user": 7})")});
  CHECK(bench.perform("shop.session.open") == R"({"token":null,"user":7})");
}

TEST_CASE("a form has a pair for each input that is given") {
  CourierBench bench;
  CHECK(bench.perform("shop.forms.sign", R"({"title": "a & b=ü", "count": 2})") == "{}");
  CHECK(bench.requests() == "POST /v1/sign the%20title=a%20%26%20b%3D%C3%BC&count=2\n");
  CHECK(*bench.arrived[0].headers.find("Content-Type") == "application/x-www-form-urlencoded");
}

TEST_CASE("a multipart body has a part for each input that is given, each of a type of its own") {
  CourierBench bench;
  CHECK(bench.perform("shop.forms.send", R"({"title": "a \"b\"\nc", "more": {"x": [1]}})") == "{}");
  REQUIRE(bench.arrived.size() == 1);
  const std::string type = *bench.arrived[0].headers.find("Content-Type");
  const std::string boundary = type.substr(type.find('=') + 1);
  CHECK(type == "multipart/form-data; boundary=" + boundary);
  CHECK(bench.arrived[0].body == "--" + boundary +
                                     "\r\nContent-Disposition: form-data; name=\"the title\"\r\n"
                                     "Content-Type: text/plain; charset=utf-8\r\n\r\na \"b\"\nc\r\n--" +
                                     boundary +
                                     "\r\nContent-Disposition: form-data; name=\"more\"\r\n"
                                     "Content-Type: text/plain; charset=utf-8\r\n\r\n{\"x\":[1]}\r\n--" +
                                     boundary + "--\r\n");
}

}  // namespace millrace
