#include "workflow/permissions.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "workflow/permitted.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("workflow");

namespace {

Touch thing(std::string_view kind, EffectSet effects, std::string_view connection = "highlevel") {
  Touch touch;
  touch.kind = kind;
  touch.effects = effects;
  touch.connection = connection;
  return touch;
}

Touch host(std::string_view name, int port = 443, EffectSet effects = Effect::update) {
  Touch touch;
  touch.at = Touch::At::address;
  touch.kind = "url";
  touch.effects = effects;
  touch.place = name;
  touch.port = port;
  touch.whole = !name.empty();
  return touch;
}

Touch file(std::string_view path, bool whole = true) {
  Touch touch;
  touch.at = Touch::At::file;
  touch.effects = Effect::create;
  touch.place = path;
  touch.whole = whole;
  return touch;
}

/// Why it is forbidden, without the place; "" where it is not.
std::string why(const std::string& permissions, const Touch& touch) {
  const auto forbidden = forbidden_by(*test::bounds_of(permissions), touch);
  if (!forbidden) return "";
  CHECK(forbidden->at.line == 2);
  CHECK(forbidden->why.starts_with("permissions in flow.yaml:2 "));
  return forbidden->why.substr(std::string_view("permissions in flow.yaml:2 ").size());
}

}  // namespace

TEST_CASE("one word permits that and whatever does less harm; a list is exact") {
  for (const char* said : {"delete", "any", "[delete]", "[read, delete]"}) {
    INFO(said);
    CHECK(why("{contacts: " + std::string(said) + "}", thing("contact", Effect::remove)).empty());
  }
  for (const char* said : {"none", "read", "create", "update", "send", "[read, update]"}) {
    INFO(said);
    CHECK(!why("{contacts: " + std::string(said) + "}", thing("contact", Effect::remove)).empty());
  }
  CHECK(why("{contacts: update}", thing("contact", Effect::create)).empty());
  CHECK(why("{contacts: create}", thing("contact", Effect::update)) == "allow only to read and create contacts");
  CHECK(why("{contacts: [delete]}", thing("contact", Effect::read)) == "allow only to delete contacts");
  CHECK(why("{contacts: none}", thing("contact", Effect::read)) == "allow nothing with contacts");
  CHECK(why("{contacts: send}", thing("contact", Effect::send)).empty());
  CHECK(why("{contacts: delete}", thing("contact", Effect::send)) ==
        "allow only to read, create, update and delete contacts");
}

TEST_CASE("where a kind is named, the others are not permitted unless it is said") {
  CHECK(why("{contacts: any}", thing("location_tag", Effect::read)) == "do not name location tags");
  CHECK(why("{contacts: any, others: read}", thing("location_tag", Effect::read)).empty());
  CHECK(why("{contacts: any, others: read}", thing("location_tag", Effect::update)) ==
        "allow only to read location tags");
  CHECK(why("{others: read}", thing("contact", Effect::create)) == "allow only to read contacts");
}

TEST_CASE("what permissions do not speak of they do not narrow") {
  CHECK(why("{send: none}", thing("contact", Effect::remove)).empty());
  CHECK(why("{contacts: read}", host("api.example.com")).empty());
  CHECK(why("{contacts: read}", file("a.csv")).empty());
  CHECK(why("{files: none}", host("api.example.com")).empty());
}

TEST_CASE("messages are permitted by send, and things that are sent by both") {
  CHECK(why("{send: none}", thing("mail", Effect::send)) == "allow it to send nothing");
  CHECK(why("{contacts: read}", thing("mail", Effect::send)).empty());
  CHECK(why("{contacts: read, mails: none}", thing("mail", Effect::send)) == "allow nothing with mails");
  CHECK(why("{send: any, contacts: read}", thing("survey", Effect::send)) == "do not name surveys");
  CHECK(why("{send: none, surveys: send}", thing("survey", Effect::send)) == "allow it to send nothing");
  CHECK(why("{send: none}", host("hooks.example.com", 443, Effect::send)) == "allow it to send nothing");
}

TEST_CASE("hosts are named exactly, with all below them, with a port, or with what may be done there") {
  const std::string hosts =
      "{hosts: [api.example.com, '*.shop.example', 'https://local.example', 'LOCAL.example:8443']}";
  for (const Touch& good : {host("api.example.com"), host("api.example.com", 8080), host("eu.shop.example"),
                            host("a.b.shop.example"), host("local.example", 443), host("local.example", 8443)}) {
    INFO(std::string(good.place));
    CHECK(why(hosts, good).empty());
  }
  CHECK(why(hosts, host("shop.example")) == "do not name the host shop.example");
  CHECK(why(hosts, host("badshop.example")) == "do not name the host badshop.example");
  CHECK(why(hosts, host("api.example.com.evil.example")) == "do not name the host api.example.com.evil.example");
  CHECK(why(hosts, host("local.example", 80)) == "do not name the host local.example");
  CHECK(why("{hosts: {api.example.com: read}}", host("api.example.com", 443, Effect::read)).empty());
  CHECK(why("{hosts: {api.example.com: read}}", host("api.example.com", 443, Effect::remove)) ==
        "allow only to read at api.example.com");
  CHECK(why("{hosts: any}", host("api.example.com")).empty());
  CHECK(why("{hosts: none}", host("api.example.com")) == "do not name the host api.example.com");
}

TEST_CASE("a host that is not known yet is forbidden only where none is allowed") {
  CHECK(why("{hosts: [api.example.com]}", host("")).empty());
  CHECK(why("{hosts: []}", host("")) == "name no host to which it may update");
  CHECK(why("{hosts: {api.example.com: read}}", host("")) == "name no host to which it may update");
}

TEST_CASE("folders hold what lies in them, and nothing that only begins like them") {
  const std::string files = "{files: [reports/, output/lists/weekly.csv]}";
  CHECK(why(files, file("reports/a.csv")).empty());
  CHECK(why(files, file("reports/2026/a.csv")).empty());
  CHECK(why(files, file("lists/weekly.csv")).empty());
  CHECK(why(files, file("reports.csv")) == "allow files only in output/reports, output/lists/weekly.csv");
  CHECK(why(files, file("reports-old/a.csv")) == "allow files only in output/reports, output/lists/weekly.csv");
  CHECK(why(files, file("lists/weekly.csv.bak")) == "allow files only in output/reports, output/lists/weekly.csv");
  CHECK(why(files, file("./reports/a.csv")) == "allow files only in output/reports, output/lists/weekly.csv");
  CHECK(why(files, file("", false)).empty());
  CHECK(why(files, file("rep", false)).empty());
  CHECK(why(files, file("reports/week-", false)).empty());
  CHECK(why(files, file("lists/monthly-", false)) == "allow files only in output/reports, output/lists/weekly.csv");
  Touch read = file("lists/a.csv");
  read.effects = EffectSet(Effect::read);  // below the project's folder
  CHECK(why(files, read) == "allow files only in reports, lists/weekly.csv");
  CHECK(why("{files: none}", file("a.csv")) == "allow no files");
  CHECK(why("{files: ./}", file("deep/a.csv")).empty());
  CHECK(why("{files: any}", file("deep/a.csv")).empty());
}

TEST_CASE("connections are permitted by name") {
  CHECK(why("{connections: [crm]}", thing("contact", Effect::read, "crm")).empty());
  CHECK(why("{connections: [crm]}", thing("contact", Effect::read)) == "do not name the connection \"highlevel\"");
  CHECK(why("{connections: none}", thing("contact", Effect::read, "")).empty());
}

TEST_CASE("what may have several effects is forbidden where none of them is allowed") {
  CHECK(why("{contacts: read}", thing("contact", EffectSet(Effect::read) | Effect::remove)).empty());
  CHECK(!why("{contacts: read}", thing("contact", EffectSet(Effect::update) | Effect::remove)).empty());
}

TEST_SUITE_END();
