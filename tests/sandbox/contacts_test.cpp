#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "running_sandbox.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::parsed_json;
using test::Reply;
using test::RunningSandbox;

TEST_SUITE_BEGIN("sandbox");

namespace {

/// Four people in loc_main, added on 1 to 4 March, and one in loc_north.
const char* const five_people = R"({"state": {"locations": [{"id": "loc_main"}, {"id": "loc_north"}], "contacts": [
  {"id": "ann", "locationId": "loc_main", "firstName": "Ann", "email": "Ann@example.com", "phone": "+44201", "dnd": false,
   "tags": ["VIP", "newsletter"], "dateAdded": "2026-03-01T00:00:00Z"},
  {"id": "bob", "locationId": "loc_main", "firstName": "bob", "email": "bob@other.org", "dnd": true, "tags": ["vip"],
   "dateAdded": "2026-03-02T00:00:00Z", "dndSettings": {"Email": {"status": "active"}}},
  {"id": "cyd", "locationId": "loc_main", "firstName": "Cyd", "phone": "+44203", "tags": [], "dateAdded": "2026-03-03T00:00:00Z"},
  {"id": "dan", "locationId": "loc_main", "firstName": "Dan", "email": "dan@example.com", "tags": ["vip club"],
   "dateAdded": "2026-03-04T00:00:00Z"},
  {"id": "eve", "locationId": "loc_north", "firstName": "Eve", "tags": ["vip"]}]}})";

struct People : RunningSandbox {
  People() { REQUIRE(ask("POST", "/_sandbox/reset", Value(five_people)).status == 200); }

  Reply search(const std::string& more, const std::string& location = "loc_main") {
    return ask("POST", "/contacts/search",
               parsed_json(R"({"locationId": ")" + location + R"(", "pageLimit": 500)" +
                           (more.empty() ? "" : ", " + more) + "}"));
  }
  /// The ids that a search finds, in order: "dan cyd".
  std::string found(const std::string& more) {
    const Reply reply = search(more);
    if (reply.status != 200) return encode_json(reply.body);
    std::string ids;
    const Value contacts = reply.at("contacts");
    for (const Value& contact : contacts.list()) ids += (ids.empty() ? "" : " ") + contact.text_or("id");
    CHECK(reply.at("total") == Value(static_cast<std::int64_t>(contacts.list().size())));
    return ids;
  }
  std::string filtered(const std::string& filters) { return found(R"("filters": [)" + filters + "]"); }
};

}  // namespace

TEST_CASE("contacts come with the newest first, each with the cursor that leads behind it") {
  People sandbox;
  CHECK(sandbox.found("") == "dan cyd bob ann");
  const Reply reply = sandbox.search("");
  CHECK(reply.at("traceId").is_text());
  CHECK(encode_json(reply.at("contacts.0.searchAfter")) == R"([1772582400000,"dan"])");
  CHECK(reply.at("contacts.2.dndSettings").is_null());
  const Reply behind = sandbox.search(R"("searchAfter": [1772582400000, "dan"])");
  CHECK(behind.at("contacts.0.id") == Value("cyd"));
  CHECK(behind.at("total") == Value(4));
  CHECK(sandbox.search(R"("searchAfter": [1772582399999, "long gone"])").at("contacts.0.id") == Value("cyd"));
}

TEST_CASE("following the cursor meets every contact once, in any order") {
  RunningSandbox sandbox({"--limit", "off"});
  for (
      const std::string sort :
      {"",
       R"(, "sort": [{"field": "firstNameLowerCase", "direction": "desc"}, {"field": "dateAdded", "direction": "asc"}])",
       R"(, "filters": [{"field": "dnd", "operator": "eq", "value": false}])", R"(, "query": "example.com")"}) {
    const std::string begin = R"({"locationId": "loc_main", "pageLimit": 37)" + sort;
    std::set<std::string> ids;
    std::size_t total = 0;
    Value cursor;
    for (;;) {
      const std::string body = begin + (cursor.is_null() ? "" : R"(, "searchAfter": )" + encode_json(cursor)) + "}";
      const Reply reply = sandbox.ask("POST", "/contacts/search", Value(body));
      REQUIRE_MESSAGE(reply.status == 200, encode_json(reply.body));
      const Value page = reply.at("contacts");
      if (page.list().empty()) break;
      for (const Value& contact : page.list()) CHECK(ids.insert(contact.text_or("id")).second);
      cursor = *page.list().back().find("searchAfter");
      total = static_cast<std::size_t>(reply.at("total").integer());
    }
    CHECK(ids.size() == total);
    CHECK(total > 200);
  }
}

TEST_CASE("contacts are filtered by what they hold, ignoring case") {
  People sandbox;
  CHECK(sandbox.filtered(R"({"field": "email", "operator": "eq", "value": "ANN@example.com"})") == "ann");
  CHECK(sandbox.filtered(R"({"field": "emailLowerCase", "operator": "contains", "value": "example.com"})") ==
        "dan ann");
  CHECK(sandbox.filtered(R"({"field": "phone", "operator": "exists"})") == "cyd ann");
  CHECK(sandbox.filtered(R"({"field": "email", "operator": "not_exists"})") == "cyd");
  CHECK(sandbox.filtered(R"({"field": "dnd", "operator": "eq", "value": true})") == "bob");
  CHECK(sandbox.filtered(R"({"field": "dnd", "operator": "not_eq", "value": true})") == "dan cyd ann");
  CHECK(sandbox.filtered(R"({"field": "id", "operator": "eq", "value": ["ann", "dan", "eve"]})") == "dan ann");
  CHECK(sandbox.filtered(R"({"field": "tags", "operator": "eq", "value": "vip"})") == "bob ann");
  CHECK(sandbox.filtered(R"({"field": "tags", "operator": "eq", "value": ["vip", "newsletter"]})") == "ann");
  CHECK(sandbox.filtered(R"({"field": "tags", "operator": "contains", "value": "vip"})") == "dan bob ann");
  CHECK(sandbox.filtered(R"({"field": "tags", "operator": "not_contains", "value": "vip"})") == "cyd");
  CHECK(sandbox.filtered(R"({"field": "tags", "operator": "exists"})") == "dan bob ann");
  CHECK(sandbox.filtered(R"({"field": "dateAdded", "operator": "range",
                             "value": {"gte": "2026-03-02T00:00:00Z", "lt": "2026-03-04T00:00:00Z"}})") == "cyd bob");
}

TEST_CASE("filters stand in groups, and beside each other all must hold") {
  People sandbox;
  const std::string vip = R"({"field": "tags", "operator": "eq", "value": "vip"})";
  const std::string cyd = R"({"field": "firstName", "operator": "eq", "value": "cyd"})";
  const std::string mail = R"({"field": "email", "operator": "exists"})";
  CHECK(sandbox.filtered(vip + ", " + cyd) == "");
  CHECK(sandbox.filtered(R"({"group": "OR", "filters": [)" + vip + ", " + cyd + "]}") == "cyd bob ann");
  CHECK(sandbox.filtered(R"({"group": "OR", "filters": [)" + cyd + R"(, {"group": "AND", "filters": [)" + vip + ", " +
                         mail + "]}]}") == "cyd bob ann");
  CHECK(sandbox.filtered(R"({"group": "OR", "filters": [)" + vip + ", " + cyd + "]}, " + mail) == "bob ann");
}

TEST_CASE("contacts are searched by text, sorted, and reached by page") {
  People sandbox;
  CHECK(sandbox.found(R"("query": "EXAMPLE.com")") == "dan ann");
  CHECK(sandbox.found(R"("sort": [{"field": "firstName", "direction": "asc"}])") == "ann bob cyd dan");
  CHECK(sandbox.found(R"("sort": [{"field": "dateAdded", "direction": "asc"}])") == "ann bob cyd dan");
  const Reply second =
      sandbox.ask("POST", "/contacts/search", Value(R"({"locationId": "loc_main", "pageLimit": 3, "page": 2})"));
  CHECK(second.at("contacts").list().size() == 1);
  CHECK(second.at("contacts.0.id") == Value("ann"));
}

TEST_CASE("a search that makes no sense is refused with 422, and says where") {
  People sandbox;
  const std::string begin = R"({"locationId": "loc_main", )";
  const auto message = [&](const std::string& body) {
    const Reply reply = sandbox.ask("POST", "/contacts/search", Value(body));
    CHECK(reply.status == 422);
    return reply.at("message").is_list() ? reply.at("message.0").text() : encode_json(reply.body);
  };
  CHECK(message(R"({"locationId": "loc_main"})").find("pageLimit") != std::string::npos);
  CHECK(message(R"({"pageLimit": 10})").find("locationId") != std::string::npos);
  CHECK(message(begin + R"("pageLimit": 501})").starts_with("pageLimit"));
  CHECK(message(begin + R"("pageLimit": 500, "page": 21})").find("10,000") != std::string::npos);
  CHECK(message(begin + R"("pageLimit": 5, "page": 1, "searchAfter": [1, "x"]})").starts_with("page"));
  CHECK(message(begin + R"("pageLimit": 5, "searchAfter": ["x", 1]})").starts_with("searchAfter"));
  CHECK(message(begin + R"("pageLimit": 5, "query": ")" + std::string(76, 'x') + R"("})").starts_with("query"));
  CHECK(message(begin + R"("pageLimit": 5, "filters": [{"field": "emial", "operator": "eq", "value": "x"}]})") ==
        R"(filters/0/field: contacts are not searched by "emial", did you mean "email"?)");
  CHECK(message(begin + R"("pageLimit": 5, "filters": [{"field": "email", "operator": "is", "value": "x"}]})")
            .starts_with("filters/0"));
  CHECK(message(begin + R"("pageLimit": 5, "filters": [{"field": "email", "operator": "eq"}]})")
            .starts_with("filters/0"));
  CHECK(message(begin +
                R"("pageLimit": 5, "filters": [{"field": "dateAdded", "operator": "range", "value": {"gt": "x"}}]})")
            .starts_with("filters/0"));
  CHECK(sandbox.search("", "nowhere").status == 403);
}

TEST_CASE("a contact is read by its id; its location is the one whose token is asked for") {
  People sandbox;
  const Reply reply = sandbox.ask("GET", "/contacts/bob");
  CHECK(reply.status == 200);
  CHECK(reply.at("contact.dndSettings.Email.status") == Value("active"));
  CHECK(reply.at("contact.searchAfter").is_null());
  CHECK(encode_json(sandbox.ask("GET", "/contacts/nobody").body) ==
        R"({"statusCode":400,"message":"there is no contact with the id nobody"})");
  const HttpHeaders north = test::usual_headers("sandbox-north-only");
  CHECK(sandbox.ask_with(north, "GET", "/contacts/eve").status == 200);
  CHECK(sandbox.ask_with(north, "GET", "/contacts/bob").status == 403);
}

TEST_CASE("tags are added to a contact and taken away, and the answer is what it carries now") {
  People sandbox;
  const Reply added =
      sandbox.ask("POST", "/contacts/bob/tags", parsed_json(R"({"tags": ["Größe L", "VIP", "Größe L"]})"));
  CHECK(added.status == 201);
  CHECK(encode_json(added.body) == R"({"tags":["vip","Größe L"]})");
  CHECK(sandbox.ask("POST", "/contacts/bob/tags", parsed_json(R"({"tags": ["größe L"]})")).status == 201);
  const Reply removed = sandbox.ask("DELETE", "/contacts/bob/tags", parsed_json(R"({"tags": ["ViP", "never there"]})"));
  CHECK(removed.status == 200);
  CHECK(removed.at("tags.0") == Value("Größe L"));
  CHECK(sandbox.ask("GET", "/contacts/bob").at("contact.tags.0") == Value("Größe L"));
  CHECK(sandbox.found("") == "dan cyd bob ann");
  for (const std::string method : {"POST", "DELETE"}) {
    CHECK(sandbox.ask(method, "/contacts/bob/tags", parsed_json(R"({"tags": "vip"})")).status == 422);
    CHECK(sandbox.ask(method, "/contacts/nobody/tags", parsed_json(R"({"tags": []})")).status == 400);
  }
}

TEST_CASE("contacts keep their tags when a tag of the location is renamed or deleted") {
  RunningSandbox sandbox;
  const Value before = sandbox.ask("GET", "/_sandbox/state").at("contacts");
  const std::string tags = "/locations/loc_main/tags";
  const std::string vip = sandbox.ask("GET", tags).at("tags.0.id").text();
  CHECK(sandbox.ask("PUT", tags + "/" + vip, Value::object({{"name", "very important"}})).status == 200);
  CHECK(sandbox.ask("DELETE", tags + "/" + vip).status == 200);
  CHECK(sandbox.ask("GET", "/_sandbox/state").at("contacts") == before);
}

TEST_CASE("the limits of a location count what is asked of its contacts") {
  RunningSandbox sandbox({"--limit", "2"});
  CHECK(sandbox.ask("GET", "/locations/loc_main/tags").status == 200);
  const Reply last =
      sandbox.ask("POST", "/contacts/search", parsed_json(R"({"locationId": "loc_main", "pageLimit": 1})"));
  CHECK(*last.headers.find("X-RateLimit-Remaining") == "0");
  CHECK(sandbox.ask("GET", "/contacts/" + last.at("contacts.0.id").text()).status == 429);
  CHECK(sandbox.ask("POST", "/contacts/search", parsed_json(R"({"locationId": "loc_north", "pageLimit": 1})")).status ==
        200);
}

TEST_SUITE_END();
