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

TEST_CASE("an answer of which nothing says that it is JSON is taken as it is, and a write is not held to be unsure") {
  CourierBench bench;
  const auto typed = [](const std::string& type, const std::string& body) {
    OutgoingResponse response = reply(200, body);
    response.headers.set("Content-Type", type);
    return response;
  };
  for (const char* action : {"shop.jobs.start", "shop.jobs.read", "shop.notes.write"}) {
    CAPTURE(action);
    bench.answer_in_turn({typed("text/plain", "Job started: 17\n")});
    CHECK(bench.perform(action) == R"("Job started: 17\n")");
    bench.answer_in_turn({typed("text/plain", "")});
    CHECK(bench.perform(action) == "null");
    CHECK(*bench.arrived.back().headers.find("Accept") == "application/json, */*;q=0.9");
  }
  // A text stays one, whatever its letters look like; what is not called one is JSON where it can be.
  bench.answer_in_turn({typed("text/plain", "0017"), typed("text/plain", "17"), typed("application/json", "\"17\"")});
  for (const char* text : {R"("0017")", R"("17")", R"("17")"}) CHECK(bench.perform("shop.notes.write") == text);
  bench.answer_in_turn({typed("text/plain", R"({"id": 1})")});
  CHECK(bench.perform("shop.jobs.start") == R"({"id":1})");
  // What calls itself JSON and is not is no data of a read, and neither is a page for people.
  bench.answer_in_turn({typed("application/json", "Job started: 17")});
  CHECK(bench.perform("shop.jobs.start") == R"("Job started: 17")");
  CHECK(bench.perform("shop.jobs.read").find("is not JSON") != std::string::npos);
  bench.answer_in_turn({typed("text/html", "<html>maintenance</html>")});
  CHECK(bench.perform("shop.jobs.read").find("is not JSON") != std::string::npos);
  CHECK(bench.perform("shop.jobs.start").starts_with("unsure"));
}

TEST_CASE("a redirect is not followed, so the token stays") {
  CourierBench bench;
  OutgoingResponse redirect = reply(302, "");
  redirect.headers.add("Location", "https://evil.example/collect");
  bench.answer_in_turn({redirect});
  CHECK(bench.perform("shop.tags.list") ==
        "denied: shop sends the request on to https://evil.example/collect (302), which is not followed: use the final "
        "address");
  CHECK(bench.arrived.size() == 1);
}

TEST_CASE("what is packed in a way that was not asked for is no data, and its status counts") {
  const auto answered = [](int status, const std::string& coding, const char* action, const std::string& input) {
    CourierBench bench;
    const std::string url = R"({"method": "GET", "url": ")" + bench.base() + "/v1/x\"";
    OutgoingResponse packed = reply(status, "\x0b\x02\x80hello\x03");
    packed.headers.add("Content-Encoding", coding);
    bench.answer_in_turn({packed});
    return bench.perform(action, action == std::string("shop.request") ? url + input : input);
  };
  const std::string why = "invalid: the answer of shop at HOST is packed with ";
  CHECK(answered(200, "br", "shop.tags.list", "{}") ==
        why + R"("br", which was not asked for: gzip and deflate are read)");
  CHECK(answered(200, "gzip, zstd", "shop.request", "}") ==
        why + R"("gzip, zstd", which was not asked for: gzip and deflate are read)");
  CHECK(answered(200, "br", "shop.request", R"(, "headers": {"accept-encoding": "br"}})") ==
        why +
            R"("br", which is not read here: leave out the header Accept-Encoding, and gzip or deflate is asked for)");
  CHECK(answered(201, "br", "shop.orders.add", R"({"item": "tea"})") ==
        why + R"("br" (the request itself was accepted), which was not asked for: gzip and deflate are read)");
  CHECK(
      answered(404, "br", "shop.request", "}").starts_with("not_found: shop has nothing at http://HOST/v1/x (404): "));
  CourierBench bench;
  OutgoingResponse plain = reply(200, R"({"tags":[]})");
  plain.headers.add("Content-Encoding", "identity");
  bench.answer_in_turn({plain});
  CHECK(bench.perform("shop.tags.list") == R"({"tags":[]})");
}

TEST_CASE("where the answer to a change that was accepted cannot be read, the change is not made again unasked") {
  const auto answered = [](const OutgoingResponse& response, const char* action, const std::string& input) {
    CourierBench bench;
    bench.answer_in_turn({response});
    return bench.perform(action, input);
  };
  OutgoingResponse packed = reply(201, "\x0b\x02\x80hello\x03");
  packed.headers.add("Content-Encoding", "br");
  for (const OutgoingResponse& unread :
       {packed, reply(200, "OK"), reply(202, "<html>"), reply(201, R"({"tag":{"id")")}) {
    const std::string once = answered(unread, "shop.tags.create", R"({"name": "vip"})");
    CHECK(once.starts_with("unsure: the answer of shop at HOST is "));
    CHECK(once.find("(the request itself was accepted)") != std::string::npos);
    CHECK(once.find("; look there before you do it again: ") != std::string::npos);
    CHECK(answered(unread, "shop.tags.update", R"({"tag_id": "1", "name": "vip"})").starts_with("invalid: "));
    CHECK(answered(unread, "shop.tags.list", "{}").starts_with("invalid: "));
  }
  CHECK(answered(reply(422, "no"), "shop.tags.create", R"({"name": "vip"})").starts_with("invalid: "));
}

TEST_CASE("a redirect that is not followed names the whole address, without its query") {
  const auto sent_to = [](const std::string& location) {
    CourierBench bench;
    OutgoingResponse redirect = reply(308, "");
    redirect.headers.add("Location", location);
    bench.answer_in_turn({redirect});
    return bench.perform("shop.tags.create", R"({"name": "vip"})");
  };
  const std::string end = " (308), which is not followed: use the final address";
  CHECK(sent_to("https://shop.example/v2/tags?key=1#x") ==
        "denied: shop sends the request on to https://shop.example/v2/tags" + end);
  CHECK(sent_to("/v2/tags") == "denied: shop sends the request on to http://HOST/v2/tags" + end);
  CHECK(sent_to("mailto:x@y.example") == "denied: shop sends the request on to another address" + end);
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
  // What it did is not known where nobody can read what it says of it.
  const std::string unread = answered(R"("done")");
  CHECK(unread.starts_with("unsure: shop answered shop.tags.add_many (201), and what it says cannot be read: "));
  CHECK(unread.ends_with("; look there before you do it again"));
}

TEST_CASE("what a connection's answers say of their success is asked where the request's own question says nothing") {
  CourierBench bench;
  const auto answered = [&bench](const char* body, const char* type) {
    OutgoingResponse far = reply(201, body);
    far.headers.set("Content-Type", type);
    bench.answer_in_turn({far});
    return bench.perform("shop.tags.add_many", R"({"names": ["a", "b"]})");
  };
  const std::string refused = "invalid: shop did not take what shop.tags.add_many sent (201, ";
  for (const char* type : {"application/json", "text/plain", "text/html; charset=utf-8"}) {
    CAPTURE(type);
    CHECK(answered(R"({"refused": "no room"})", type).starts_with(refused));
    CHECK(answered(R"( {"failed": [], "refused": "no room"})", type).ends_with(": no room"));
    CHECK(answered(R"({"failed": "all of it", "refused": "no room"})", type).ends_with(": all of it"));
    CHECK(answered(R"({"refused": ""})", type) == R"({"refused":""})");
  }
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
                                     "Content-Type: application/json\r\n\r\n{\"x\":[1]}\r\n--" +
                                     boundary + "--\r\n");
}

TEST_CASE("a list is a part for each of its items, and a part has the type that the manifest says") {
  CourierBench bench;
  bench.perform("shop.forms.parts",
                R"({"list": ["1", {"x": 2}], "whole": ["1"], "note": "<a/>", "count": 3, "none": []})");
  REQUIRE(bench.arrived.size() == 1);
  std::string body = bench.arrived[0].body;
  const std::string boundary = body.substr(0, body.find("\r\n"));
  for (std::size_t at = body.find(boundary); at != std::string::npos; at = body.find(boundary))
    body.replace(at, boundary.size(), "==");
  const auto part = [](const std::string& name, const std::string& type, const std::string& content) {
    return "==\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\nContent-Type: " + type + "\r\n\r\n" +
           content + "\r\n";
  };
  const std::string plain = "text/plain; charset=utf-8";
  CHECK(body == part("list", plain, "1") + part("list", "application/json", R"({"x":2})") +
                    part("whole", "application/vnd.x+json", R"(["1"])") + part("note", "application/xml", "<a/>") +
                    part("count", plain, "3") + "==--\r\n");
}

TEST_CASE("where the manifest says JSON a text is JSON, and so is the null that is needed") {
  CourierBench bench;
  bench.perform("shop.words.send", R"({"word": "hi \"you\""})");
  bench.perform("shop.words.send", R"({"word": null})");
  bench.perform("shop.words.send", R"({"word": [1]})");
  REQUIRE(bench.arrived.size() == 3);
  for (const auto& request : bench.arrived) CHECK(*request.headers.find("Content-Type") == "application/json");
  CHECK(bench.arrived[0].body == R"("hi \"you\"")");
  CHECK(bench.arrived[1].body == "null");
  CHECK(bench.arrived[2].body == "[1]");
}

}  // namespace millrace
