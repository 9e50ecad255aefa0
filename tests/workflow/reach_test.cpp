#include "workflow/reach.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "workflow/permitted.hpp"
#include "workflow/reach_words.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("workflow");

namespace {

Project project() {
  Project project;
  const auto add = [&project](const std::string& name, const std::string& plugin, const std::string& url) {
    ConnectionSettings& one = project.connections.emplace_back();
    one.name = name;
    one.plugin = plugin;
    one.base_url = url;
    one.token = "secret:" + name + "_token";
    if (plugin == "highlevel") one.locations = {"loc_main", "loc_north"};
  };
  add("highlevel", "highlevel", "https://services.leadconnectorhq.com");
  add("crm", "http", "https://crm.example.com/api");
  add("mails", "notify", "smtps://mail.example.com");
  return project;
}

std::string summary_of(const std::string& text, const std::string& permissions = "") {
  const auto workflow = test::workflow_of((permissions.empty() ? "" : "permissions: " + permissions + "\n") + text);
  const Project all = project();
  return summary(whole_reach({workflow}, test::shipped_catalog(), &all), {}, {});
}

std::string action(const std::string& name, const std::string& with, const std::string& more = "") {
  return "actions:\n  - action: " + name + "\n    with: " + with + "\n" + more;
}

std::vector<Capability> may(const std::string& text) {
  const auto workflow = test::workflow_of(text);
  const Project all = project();
  return capabilities_of(whole_reach({workflow}, test::shipped_catalog(), &all));
}

std::string new_in(const std::string& before, const std::string& now) {
  std::string all;
  for (const Widening& each : widened(may(before), may(now), "flow")) all += each.sentence + "; ";
  return all;
}

}  // namespace

TEST_CASE("a job touches whatever it calls") {
  CHECK(
      summary_of(action("pruning.delete", "{unused_for: 90d}")) ==
      "reads location tags, contacts, social tags and social posts · deletes location tags · works through highlevel");
  CHECK(summary_of(action("tags.upsert", "{name: vip}")) ==
        "reads location tags · creates location tags · updates location tags · works through highlevel");
}

TEST_CASE("what the gate looks at before a change counts as read, where data says what is changed") {
  const std::string vars = "vars: {tag: x}\n",
                    by_data = action("highlevel.location_tags.delete", "{tag_id: \"${{ vars.tag }}\"}");
  CHECK(summary_of(vars + by_data) ==
        "reads location tags and contacts · deletes location tags · works through highlevel");
  CHECK(summary_of(action("highlevel.location_tags.delete", "{tag_id: x}")) ==
        "deletes location tags · works through highlevel");
  const auto workflow = test::workflow_of(vars + by_data);
  const Project all = project();
  std::string scopes;
  for (const Reached& each : reach_of(*workflow, test::shipped_catalog(), &all))
    scopes += each.scope + (each.before_change ? " before " + each.by : "") + "; ";
  CHECK(scopes ==
        "locations/tags.write; locations/tags.readonly before highlevel.location_tags.delete; "
        "contacts.readonly before highlevel.location_tags.delete; ");
}

TEST_CASE("steps in blocks, after failures and at the end count") {
  const std::string text =
      "actions:\n"
      "  - if: 1 == 2\n"
      "    then: [{action: highlevel.contacts.get, with: {contact_id: a}}]\n"
      "    else:\n"
      "      - for_each: [1]\n"
      "        do: [{parallel: [[{action: highlevel.location_tags.list, on_error: [{action: "
      "highlevel.location_tags.create, "
      "with: {name: x}}]}]]}]\n"
      "on_failure: [{action: highlevel.location_tags.delete, with: {tag_id: x}}]\n"
      "always: [{action: files.write, with: {file: log/end.txt, text: x}}]\n";
  CHECK(
      summary_of(text) ==
      "reads contacts and location tags · creates location tags · deletes location tags · writes files in output/log · "
      "works through highlevel");
}

TEST_CASE("watches and plugins' triggers read") {
  CHECK(summary_of("triggers:\n  - watch: highlevel.location_tags.list\n    connection: highlevel\n    key: item.id\n"
                   "    every: 5m\nactions: [{set: {x: 1}}]\n") == "reads location tags · works through highlevel");
}

TEST_CASE("a request to an address is to its host, and one over a connection to what that has") {
  CHECK(summary_of(action("http.request", "{url: https://api.example.com/x}")) == "reads from api.example.com");
  CHECK(summary_of(action("http.request", "{url: 'http://api.example.com:8080/x', method: DELETE}")) ==
        "writes to api.example.com:8080");
  CHECK(summary_of(action("http.request", "{url: https://api.example.com/x, method: POST, effect: read}")) ==
        "reads from api.example.com");
  CHECK(summary_of(action("http.request", "{url: /contacts}", "    connection: crm\n")) ==
        "reads whatever crm answers for · works through crm");
  CHECK(summary_of(action("http.request", "{url: https://crm.example.com/api/x, method: PUT}",
                          "    connection: crm\n")) == "updates whatever crm answers for · works through crm");
  CHECK(summary_of(action("http.request", "{url: https://other.example.com/x}", "    connection: crm\n")) ==
        "reads from other.example.com");
  CHECK(summary_of(action("http.request", "{url: 'https://api.example.com/x/${{ event.id }}'}")) ==
        "reads from api.example.com");
}

TEST_CASE("a host that only the run knows is any host, and says what gives it; permissions narrow it") {
  const std::string computed = action("http.request", "{url: '${{ event.url }}'}");
  CHECK(summary_of(computed) == "reads from any host (event.url, known only in the run)");
  CHECK(summary_of(computed, "{hosts: [a.example, b.example]}") == "reads from a.example and from b.example");
  CHECK(summary_of(action("http.request", "{url: 'https://${{ event.host }}/x'}")) ==
        "reads from any host (event.host, known only in the run)");
  CHECK(summary_of(action("notify.webhook", "{url: 'secret:ops', text: x}")) ==
        "sends to any host (secret:ops, known only in the run)");
  CHECK(summary_of(action("http.request", "{url: https://a.example/, method: '${{ event.how }}'}")) ==
        "reads from a.example · sends to a.example · writes to a.example");
}

TEST_CASE("what permissions forbid of a method that data says is left out, and is new when the permissions go") {
  const std::string at_host = action("http.request", "{url: https://a.example/, method: '${{ event.how }}'}");
  const std::string over = action("http.request", "{url: /x, method: '${{ event.how }}'}", "    connection: crm\n");
  CHECK(summary_of(at_host, "{hosts: {a.example: read}}") == "reads from a.example");
  CHECK(summary_of(over, "{urls: read}") == "reads whatever crm answers for · works through crm");
  CHECK(summary_of(over, "{urls: [create, delete]}") ==
        "creates whatever crm answers for · deletes whatever crm answers for · works through crm");
  CHECK(summary_of(over, "{connections: [mails]}") == "touches nothing outside");
  CHECK(new_in("permissions: {urls: read}\n" + over, over).find("may delete") != std::string::npos);
  CHECK(new_in("permissions: {hosts: {a.example: read}}\n" + at_host, at_host).find("may write to a.example") !=
        std::string::npos);
}

TEST_CASE("who is bound calls nobody whose method only data says, unless that is bound as well") {
  const Project all = project();
  const auto refusal = [&all](const std::string& bound, const std::string& called) {
    const auto caller = test::workflow_of("permissions: " + bound + "\n" + action("log.write", "{text: x}"));
    const auto forbidden =
        forbidden_call(*caller->permissions, test::workflow_of(called), test::shipped_catalog(), all);
    return forbidden ? forbidden->why + "; " + forbidden->cure : "";
  };
  const std::string over = action("http.request", "{url: /x, method: '${{ event.how }}'}", "    connection: crm\n");
  const std::string at_host = action("http.request", "{url: https://a.example/, method: '${{ event.how }}'}");
  CHECK(refusal("{urls: read}", over).ends_with("say under urls of its own permissions what flow may do"));
  CHECK(refusal("{urls: read}", "permissions: {urls: read}\n" + over).empty());
  CHECK(refusal("{urls: read}", "permissions: {urls: [read, delete]}\n" + over).find("allow only to read") !=
        std::string::npos);
  CHECK(refusal("{hosts: {a.example: read}}", at_host)
            .ends_with("say under hosts of its own permissions what flow may do"));
  CHECK(refusal("{hosts: {a.example: read}}", "permissions: {hosts: {a.example: read}}\n" + at_host).empty());
  CHECK_FALSE(refusal("{send: none}", over).empty());
  CHECK(refusal("{hosts: {b.example: any}}", at_host).ends_with("add a.example to hosts there"));
  CHECK(refusal("{urls: any}", over).empty());
}

TEST_CASE("files are told by their folders, those that are taken along as sent") {
  CHECK(summary_of(action("reports.csv", "{rows: [], file: 'weekly/${{ today.date }}.csv'}")) ==
        "writes files in output/weekly");
  CHECK(summary_of(action("reports.csv", "{rows: [], file: '${{ event.file }}'}")) == "writes any file in output");
  CHECK(summary_of(action("reports.csv", "{rows: [], file: '${{ event.file }}'}"), "{files: [weekly/]}") ==
        "writes files in output/weekly");
  CHECK(summary_of(action("reports.csv", "{rows: [], file: a.csv, brand: {logo: brands/acme.png}}")) ==
        "reads files in brands · writes files in output");
  CHECK(summary_of(action("reports.csv", "{rows: [], file: a.csv, brand: {logo: 'brands/${{ event.who }}.png'}}")) ==
        "reads files in brands · writes files in output");
  CHECK(summary_of(action("reports.csv", "{rows: [], file: a.csv, brand: {logo: iVBORw0KGgo=}}")) ==
        "writes files in output");
  for (const char* open : {"{logo: '${{ event.logo }}'}", "'${{ event.brand }}'"})
    CHECK(summary_of(action("reports.csv", "{rows: [], file: a.csv, brand: " + std::string(open) + "}")) ==
          "reads any file of the project · writes files in output");
  CHECK(summary_of(action("files.read", "{file: data/a.csv}")) == "reads files in data");
  CHECK(summary_of(action("files.read", "{file: output/reports/a.csv}")) == "reads files in output/reports");
  CHECK(summary_of(action("http.request", "{url: https://a.example/x, save_as: got/x.bin}")) ==
        "reads from a.example · writes files in output/got");
  CHECK(summary_of(
            action("notify.email", "{to: a@example.com, subject: x, text: y, attachments: [output/weekly/a.pdf]}")) ==
        "sends mails and files in output/weekly · works through mails");
}

TEST_CASE("a workflow that reaches nothing says so") {
  CHECK(summary_of("actions: [{set: {x: 1}}]\n") == "touches nothing outside");
}

TEST_CASE("what a version may more than the one before is a line each, with its place") {
  const std::string reads = action("highlevel.contacts.get", "{contact_id: a}");
  CHECK(new_in(reads, reads).empty());
  CHECK(new_in(reads, "name: other\n" + reads).empty());
  CHECK(new_in(reads, reads + "  - action: highlevel.location_tags.delete\n    with: {tag_id: x}\n") ==
        "may delete location tags (line 5); ");
  CHECK(new_in(reads + "  - action: highlevel.location_tags.delete\n    with: {tag_id: x}\n", reads).empty());
  const std::string any = action("http.request", "{url: '${{ event.url }}'}");
  const std::string one = action("http.request", "{url: https://a.example/x}");
  CHECK(new_in(one, any) == "may read from any host (event.url, known only in the run) (line 3); ");
  CHECK(new_in(any, one).empty());
  CHECK(new_in("permissions: {hosts: [a.example]}\n" + any, "permissions: {hosts: [a.example, b.example]}\n" + any) ==
        "may read from b.example (line 4); ");
  const std::string report = action("reports.csv", "{rows: [], file: '${{ event.file }}'}");
  CHECK(new_in(report, report + "  - action: highlevel.contacts.get\n    with: {contact_id: a}\n") ==
        "may read contacts (line 5); may work through highlevel (line 5); ");
  const std::string deep = action("files.write", "{text: x, file: a/b/x.csv}");
  const std::string flat = action("files.write", "{text: x, file: a/x.csv}");
  CHECK(new_in(deep, flat) == "may write files in output/a (line 3); ");
  CHECK(new_in(flat, deep).empty());
}

TEST_CASE("secrets of connections, of steps and of senders are used") {
  const auto workflow = test::workflow_of(
      "triggers:\n  - webhook: in\n    verify: {hmac: {secret: 'secret:sender', header: x-signature, encoding: "
      "hex}}\n" +
      action("notify.webhook", "{url: 'secret:ops', text: x}") +
      "  - action: highlevel.contacts.get\n    with: {contact_id: a}\n");
  const Project all = project();
  const auto& catalog = test::shipped_catalog();
  const auto used = used_secrets(*workflow, reach_of(*workflow, catalog, &all), catalog, &all);
  CHECK(used == std::set<std::string>{"secret:highlevel_token", "secret:ops", "secret:sender"});
}

TEST_SUITE_END();
