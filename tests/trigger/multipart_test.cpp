#include <doctest/doctest.h>
#include <zlib.h>

#include "trigger/delivery.hpp"
#include "trigger/multipart.hpp"
#include "trigger/packed_body.hpp"
#include "trigger/trigger_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::delivery;

namespace {

const std::string boundary = "----WebKitFormBoundary7MA4YWxk";

IncomingRequest form(const std::string& body, const std::string& type = "multipart/form-data; boundary=" + boundary) {
  return delivery(body, {{"Content-Type", type}});
}

/// A part with that disposition.
std::string part(const std::string& disposition, const std::string& content, const std::string& more = "") {
  return "--" + boundary + "\r\nContent-Disposition: form-data; " + disposition + "\r\n" + more + "\r\n" + content +
         "\r\n";
}

std::string read_form(const std::string& body) {
  const auto value = read_delivery(test::trigger_of("{webhook: a, verify: public, parse: multipart}"), form(body));
  return value ? encode_json(*value) : std::string(name_of(value.error().code)) + ": " + value.error().message;
}

const std::string end = "--" + boundary + "--\r\n";

std::string wrong_kind(const std::string& parse, const IncomingRequest& request) {
  return why_wrong_kind(test::trigger_of("{webhook: a, verify: public, parse: " + parse + "}"), request);
}

}  // namespace

TEST_SUITE_BEGIN("trigger");

TEST_CASE("a form with files has its fields as text and its files with name, type, size and content") {
  CHECK(
      read_form(part("name=\"who\"", "Ada L") + part("name=tag", "a") + part("name=tag", "b") +
                part("name=\"logo\"; filename=\"logo.png\"", "\x89PNG\r\n--no", "Content-Type: image/png\r\n") +
                part("name=\"none\"; filename=\"\"", "") + part("name=empty", "") + end) ==
      R"({"who":"Ada L","tag":["a","b"],"logo":{"name":"logo.png","type":"image/png","size":10,"content":"iVBORw0KLS1ubw=="},)"
      R"("none":null,"empty":""})");
}

TEST_CASE("what stands around a form belongs to nothing, and its boundary may stand in quotes") {
  const std::string body = "preamble\r\n" + part("name=a", "1") + end + "epilogue";
  const auto value = read_delivery(test::trigger_of("{webhook: a, verify: public, parse: multipart}"),
                                   form(body, "Multipart/Form-Data; charset=utf-8; boundary=\"" + boundary + "\""));
  REQUIRE(value);
  CHECK(encode_json(*value) == R"({"a":"1"})");
  CHECK(read_form(end) == "{}");
}

TEST_CASE("the name of a file leads nowhere") {
  const auto name = [](const std::string& said) {
    const auto value = read_multipart(form("").headers, part("name=f; " + said, "x") + end);
    REQUIRE(value);
    return value->find("f")->text_or("name");
  };
  CHECK(name("filename=\"../../etc/passwd\"") == "passwd");
  CHECK(name("filename=\"C:\\Users\\ada\\notes.txt\"") == "notes.txt");
  CHECK(name("filename=\"a\\\"b.txt\"") == "a\"b.txt");
  CHECK(name("filename=\"..\"") == "");
  CHECK(name("filename=\"a\x1b[31m\tb\"") == "a[31mb");
  CHECK(name("filename=\"x\"; filename*=UTF-8''%e2%82%ac%20rates.csv") == "\u20AC rates.csv");
  CHECK(name("filename=\"M\xFCller.txt\"") == "M\uFFFDller.txt");
  CHECK(name("filename=\"" + std::string(1000, 'x') + "\"").size() == 255);
}

TEST_CASE("a form that breaks off, has no names or has no end of parts is refused") {
  CHECK(read_form("") == "invalid: the form: it breaks off before its last boundary");
  CHECK(read_form(part("name=a", "1")) == "invalid: the form: it breaks off before its last boundary");
  CHECK(read_form("--" + boundary + "\r\n\r\nx\r\n" + end) == "invalid: the form: a part has no name");
  CHECK(read_form(part("filename=a", "1") + end) == "invalid: the form: a part has no name");
  CHECK(read_form("--" + boundary + "\r\nContent-Disposition\r\n\r\nx\r\n" + end) ==
        "invalid: the form: a part has a header without a colon");
  CHECK(read_form("--" + boundary + "x\r\n" + end) == "invalid: the form: a boundary has no line of its own");
  CHECK(read_form(part("name=a", "1", "X: " + std::string(9000, 'x') + "\r\n") + end) ==
        "invalid: the form: the headers of a part are too long, or break off");
  CHECK(read_form(part("name=a", "1", "Content-Transfer-Encoding: base64\r\n") + end) ==
        "invalid: the form: the part \"a\" is encoded (base64), which forms are not");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += part("name=a", "");
  CHECK(read_form(many + end) == "invalid: the form: it has more than 1000 parts");
}

TEST_CASE("megabytes that nearly are boundaries take no longer than others") {
  std::string nearly;
  while (nearly.size() < (4u << 20)) nearly += "\r\n--" + boundary.substr(0, boundary.size() - 1);
  const auto value = read_multipart(form("").headers, part("name=a", nearly) + end);
  REQUIRE(value);
  CHECK(value->find("a")->text() == nearly);
}

TEST_CASE("a form takes neither JSON nor a form with files nor markup for a form, and nothing else is suspected") {
  const auto told = [](const std::string& body, const std::string& type) {
    return wrong_kind("form", delivery(body, {{"Content-Type", type}}));
  };
  for (const char* type : {"application/json", "text/plain", "application/x-www-form-urlencoded", ""}) {
    CAPTURE(type);
    CHECK(told(R"( {"a": 1})", type) == "the body is JSON, and no form: parse: json reads it");
    CHECK(told("[1]", type) == "the body is JSON, and no form: parse: json reads it");
    CHECK(told("<?xml version=\"1.0\"?><a/>", type) == "the body is XML or HTML, and no form");
    CHECK(told("", type).empty());
    if (type == std::string_view("application/json")) continue;  // what says so is no form, whatever it holds
    CHECK(told("a=1&b=%7B%7D", type).empty());
    CHECK(told("{a=1", type).empty());
  }
  CHECK(told("7", "application/json") == "the body is JSON, and no form: parse: json reads it");
  CHECK(told("7", "text/plain").empty());
  CHECK(told(part("name=a", "1") + end, "multipart/form-data; boundary=" + boundary) ==
        "the body is a form with files: parse: multipart reads it");
  CHECK(wrong_kind("json", form(end)).empty());
}

TEST_CASE("a form with files is nothing without its boundary") {
  for (const char* type : {"application/json", "multipart/form-data", "multipart/form-data; boundary=", "",
                           "multipart/mixed; boundary=a"}) {
    CAPTURE(type);
    CHECK(wrong_kind("multipart", form(end, type)) ==
          "the body is no form with files: its Content-Type is not multipart/form-data with a boundary");
  }
  CHECK(wrong_kind("multipart", form(end)).empty());
}

TEST_CASE("text and bytes are read as they come, whatever stands in them") {
  const auto value = [](const std::string& parse, const std::string& body, const std::string& type) {
    const auto read = read_delivery(test::trigger_of("{webhook: a, verify: public, parse: " + parse + "}"),
                                    delivery(body, {{"Content-Type", type}}));
    REQUIRE(read);
    return *read;
  };
  CHECK(value("text", "{\"a\":1}", "application/json") == Value("{\"a\":1}"));
  CHECK(value("text", "M\xFCller", "text/plain; charset=iso-8859-1") == Value("M\u00FCller"));
  CHECK(value("text", "M\xFCller", "") == Value("M\uFFFDller"));
  CHECK(value("text", "", "") == Value(""));
  CHECK(value("bytes", std::string("\0\xFF", 2), "") == Value::bytes(std::string("\0\xFF", 2)));
}

namespace {

/// `text` as gzip packs it.
std::string packed(const std::string& text) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string made(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(made.data());
  stream.avail_out = static_cast<uInt>(made.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  made.resize(stream.total_out);
  deflateEnd(&stream);
  return made;
}

std::string unpacked(const std::string& body, const std::string& coding) {
  IncomingRequest request = delivery(body, {{"Content-Encoding", coding}});
  const auto refused = unpack(request);
  if (refused) return std::to_string(refused->status) + ": " + refused->message;
  CHECK_FALSE(comes_packed(request));
  return request.body;
}

}  // namespace

TEST_CASE("a delivery that comes packed is unpacked within the limits") {
  const std::string small = packed(R"({"a":1})");
  CHECK(unpacked(small, "gzip") == R"({"a":1})");
  CHECK(unpacked(small, " GZIP ") == R"({"a":1})");
  CHECK(unpacked("{}", "identity") == "{}");
  CHECK(unpacked("{}", "") == "{}");
  CHECK(unpacked("{}", "br") == "415: the body is packed in a way that is not read here: gzip and deflate are");
  CHECK(unpacked("{}", "gzip, br").starts_with("415: "));
  CHECK(unpacked(small, "gzip, gzip") == "400: the body is not packed as it says, or breaks off (gzip, gzip)");
  CHECK(unpacked(packed(small), "gzip, gzip") == R"({"a":1})");
  CHECK(unpacked(small, "identity, gzip,") == R"({"a":1})");
  CHECK(unpacked("{}", "gzip") == "400: the body is not packed as it says, or breaks off (gzip)");
  CHECK(unpacked(small.substr(0, 20), "gzip") == "400: the body is not packed as it says, or breaks off (gzip)");
  std::string members;
  for (int i = 0; i < 1000; ++i) members += small;
  CHECK(unpacked(members, "gzip").size() == 7000);
  CHECK(unpacked(packed(std::string(largest_delivery, '0')), "gzip").size() == largest_delivery);
  const std::string larger = "413: the body is larger than 4 MiB when it is unpacked";
  CHECK(unpacked(packed(std::string(largest_delivery + 1, '0')), "gzip") == larger);
  CHECK(unpacked(packed(std::string(64 * largest_delivery, '0')), "gzip") == larger);
}

TEST_CASE("what is made of parts, markup and JSON, whole or not, is no form, and the reason is said") {
  const auto wrong_form = [](const std::string& body, const std::string& type) {
    return wrong_kind("form", type.empty() ? delivery(body, {}) : delivery(body, {{"Content-Type", type}}));
  };
  const std::string parts = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n";
  const std::string form = "application/x-www-form-urlencoded";
  for (const auto& type :
       {std::string(), form, std::string("multipart/form-data"), std::string("multipart/mixed; boundary=x"),
        std::string("multipart/form-data; boundary=x")}) {
    CAPTURE(type);
    CHECK(wrong_form(parts, type).find("parse: multipart reads it") != std::string::npos);
  }
  for (const char* body : {"{\"a\":1}", "{\"a\":1", "{\"a\":1,}", "{\"a\":1}\n{\"a\":2}\n", "{ \"a\": 1", "[{\"a\":1}",
                           "[1]", "{}", " [\"a\", "}) {
    CAPTURE(body);
    for (const auto& type : {std::string(), form, std::string("application/json")})
      CHECK(wrong_form(body, type).find("parse: json reads it") != std::string::npos);
  }
  CHECK(wrong_form("a=1", "application/json").find("parse: json reads it") != std::string::npos);
  CHECK(wrong_form("a=1", "application/vnd.api+json").find("parse: json reads it") != std::string::npos);
  CHECK(wrong_form("<a/>", form).find("no form") != std::string::npos);
  for (const char* body : {"a=1", "a=%7B%22b%22%3A1%7D", "--a=1", "a", "", "[a]=1", "a=Content-Disposition%3A"})
    CHECK_MESSAGE(wrong_form(body, form).empty(), body);
  CHECK(wrong_form("a=1", "text/plain").empty());
  CHECK(wrong_form("", "application/json").empty());
}

TEST_SUITE_END();
