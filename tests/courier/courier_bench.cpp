#include "courier_bench.hpp"

#include <algorithm>
#include <chrono>

namespace millrace::test {

const char* const shop_manifest = R"({
  "manifest": 1, "name": "shop", "version": "1.0.0", "summary": "A shop with tags", "library": false,
  "connection": {"auth": "bearer", "headers": {"Version": "2021-07-28"}, "locations": true,
    "refused_hosts": {"services.example.com": "there it only reads"},
    "refused_if": "type(answer.body) == type({}) ? answer.body.?refused.orValue('') : ''",
    "limits": {"remaining": "x-ratelimit-remaining", "interval_ms": "x-ratelimit-interval-milliseconds",
               "daily_remaining": "x-ratelimit-daily-remaining"}},
  "actions": {
    "tags.list": {
      "summary": "Read every tag", "effect": "read", "scope": "tags.read", "target": "tags:{location_id}",
      "input": {"type": "object", "properties": {"search": {"type": "string"}}, "additionalProperties": false},
      "output": {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "object", "properties": {
        "id": {"type": "string"}, "name": {"type": "string"}, "updatedAt": {"type": "string", "format": "date-time"}}}},
        "count": {"type": "integer"}}},
      "request": {"method": "GET", "path": "/locations/{location_id}/tags", "query": {"search": "search"}},
      "resource": {"kind": "shop_tag", "collection": "/locations/{location_id}/tags", "id": "id", "list_path": "tags"},
      "repeat": "idempotent", "connection": true, "examples": []},
    "tags.get": {
      "summary": "Read one tag", "effect": "read", "scope": "tags.read", "target": "shop_tag:{location_id}/{tag_id}",
      "input": {"type": "object", "properties": {"tag_id": {"type": "string"}}, "required": ["tag_id"], "additionalProperties": false},
      "output": {"type": "object", "properties": {"tag": {"type": "object", "properties": {
        "id": {"type": "string"}, "name": {"type": "string"}, "updatedAt": {"type": "string", "format": "date-time"}}}}},
      "request": {"method": "GET", "path": "/locations/{location_id}/tags/{tag_id}"},
      "resource": {"kind": "shop_tag", "collection": "/locations/{location_id}/tags", "id": "id", "id_input": "tag_id", "echo": "tag"},
      "repeat": "idempotent", "connection": true, "examples": []},
    "tags.create": {
      "summary": "Create a tag", "effect": "create", "scope": "tags.write", "target": "shop_tag:{location_id}/{name}",
      "change": "create tag {name}",
      "input": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "additionalProperties": false},
      "output": {"type": "object", "properties": {"traceId": {"type": "string"}, "tag": {"type": "object", "properties": {
        "id": {"type": "string"}, "name": {"type": "string"}, "updatedAt": {"type": "string", "format": "date-time"}}}}},
      "request": {"method": "POST", "path": "/locations/{location_id}/tags", "body": {"name": "name"}},
      "resource": {"kind": "shop_tag", "collection": "/locations/{location_id}/tags", "id": "id", "echo": "tag", "fields": {"name": "name"}},
      "repeat": "neither", "connection": true, "examples": []},
    "tags.update": {
      "summary": "Rename a tag", "effect": "update", "scope": "tags.write", "target": "shop_tag:{location_id}/{id}",
      "change": "rename tag {tag_id} to {name}",
      "input": {"type": "object", "properties": {"tag_id": {"type": "string"}, "name": {"type": "string"}},
        "required": ["tag_id", "name"], "additionalProperties": false},
      "output": {"type": "object", "properties": {"tag": {"type": "object", "properties": {
        "id": {"type": "string"}, "name": {"type": "string"}, "updatedAt": {"type": "string", "format": "date-time"}}}}},
      "request": {"method": "PUT", "path": "/locations/{location_id}/tags/{tag_id}", "body": {"name": "name"}},
      "resource": {"kind": "shop_tag", "collection": "/locations/{location_id}/tags", "id": "id", "id_input": "tag_id", "echo": "tag",
        "fields": {"name": "name"}},
      "repeat": "idempotent", "connection": true, "examples": []},
    "tags.delete": {
      "summary": "Delete a tag", "effect": "delete", "scope": "tags.write", "target": "shop_tag:{location_id}/{tag_id}",
      "change": "delete tag {tag_id}",
      "input": {"type": "object", "properties": {"tag_id": {"type": "string"}}, "required": ["tag_id"], "additionalProperties": false},
      "output": {"type": "object", "properties": {"succeded": {"type": "boolean"}}},
      "request": {"method": "DELETE", "path": "/locations/{location_id}/tags/{tag_id}"},
      "resource": {"kind": "shop_tag", "collection": "/locations/{location_id}/tags", "id": "id", "id_input": "tag_id"},
      "repeat": "idempotent", "connection": true, "examples": []},
    "jobs.start": {"summary": "Start a job", "effect": "create", "output": {}, "request": {"method": "POST", "path": "/jobs"}},
    "jobs.read": {"summary": "Read a job", "effect": "read", "output": {"description": "as it is"}, "request": {"method": "GET", "path": "/jobs"}},
    "notes.write": {"summary": "Write a note", "effect": "create", "output": {"type": ["string", "null"]}, "request": {"method": "POST", "path": "/notes"}},
    "tags.list_v3": {
      "summary": "Read every tag as the next version gives them", "effect": "read", "target": "tags:{location_id}", "output": {},
      "request": {"method": "GET", "path": "/tags", "headers": {"version": "v3"}}, "repeat": "idempotent"},
    "labels.list": {
      "summary": "Read every label", "effect": "read", "output": {"properties": {"labels": {"items": {"properties": {
        "code": {"type": "string"}, "text": {"type": "string"}, "color": {"type": "string"}}}}}},
      "request": {"method": "GET", "path": "/labels"},
      "resource": {"kind": "label", "collection": "/labels", "id": "code", "list_path": "labels"}, "repeat": "idempotent"},
    "labels.put": {
      "summary": "Make a label, or change it", "effect": "update", "change": "put label {code}",
      "input": {"properties": {"code": {"type": "string"}, "text": {"type": "string"}}},
      "request": {"method": "PUT", "path": "/labels/{code}", "body": {"text": "text"}},
      "resource": {"kind": "label", "collection": "/labels", "id": "code", "id_input": "code", "fields": {"code": "code", "text": "text"}},
      "repeat": "idempotent"},
    "labels.get": {
      "summary": "Read one label", "effect": "read", "input": {"properties": {"code": {"type": "string"}}, "required": ["code"]},
      "output": {"type": "object"}, "request": {"method": "GET", "path": "/labels/{code}"},
      "resource": {"kind": "label", "collection": "/labels", "id": "code", "id_input": "code"}, "repeat": "idempotent"},
    "labels.carriers": {
      "summary": "Read who carries a label", "effect": "read", "output": {"type": "object"},
      "input": {"properties": {"label": {"type": "string"}, "after": {"type": "string"}}},
      "request": {"method": "GET", "path": "/carriers", "query": {"label": "label", "after": "after"}}, "repeat": "idempotent"},
    "labels.give": {
      "summary": "Give somebody a label", "effect": "update", "input": {"properties": {"who": {"type": "integer"}, "label": {"type": "string"}}},
      "request": {"method": "POST", "path": "/carriers", "body": {"who": "who", "label": "label"}}, "repeat": "idempotent"},
    "labels.delete": {
      "summary": "Delete a label", "effect": "delete", "change": "delete label {code}",
      "input": {"properties": {"code": {"type": "string"}}, "required": ["code"]}, "output": {"type": "object"},
      "request": {"method": "DELETE", "path": "/labels/{code}"},
      "resource": {"kind": "label", "collection": "/labels", "id": "code", "id_input": "code"}, "repeat": "idempotent",
      "inverse": {"action": "labels.put", "carriers": {"action": "labels.carriers", "with": {"label": "before.text"},
        "find": "output.carriers", "next": "has(output.more) ? {'after': output.more} : null",
        "again": "labels.give", "again_with": {"who": "carrier", "label": "before.text"}}}},
    "boats.by_page": {
      "summary": "Boats by the number of a page", "effect": "read", "input": {"properties": {"page": {"type": "integer"}}}, "output": {"type": "object"},
      "request": {"method": "GET", "path": "/boats", "query": {"page": "page"}, "pages": {"list": "found.boats", "id": "id",
        "next": "on_page == 0 ? null : {'page': asked.?page.orValue(1) + 1}", "total": "output.found.?total.orValue(null) "}}, "repeat": "idempotent"},
    "boats.by_cursor": {
      "summary": "Boats by a cursor", "effect": "read", "input": {"properties": {"cursor": {"type": "string"}}}, "output": {"type": "object"},
      "request": {"method": "POST", "path": "/boats/search", "body": {"cursor": "cursor"}, "pages": {"list": "boats",
        "next": "{'cursor': output.?more.orValue(null)}"}}, "repeat": "idempotent"},
    "boats.by_link": {
      "summary": "Boats by a Link header", "effect": "read", "output": {"type": "array"}, "input": {"properties": {"mast": {"type": "string"}, "seen": {"type": "array"}}},
      "request": {"method": "GET", "path": "/boats", "query": {"mast": "mast"}, "cookies": {"seen": "seen"}, "pages": {"next": "link"}}, "repeat": "idempotent"},
    "orders.add": {
      "summary": "Add an order", "effect": "create", "target": "order:{item}", "change": "order {item}",
      "input": {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"], "additionalProperties": false},
      "output": {"type": "object", "properties": {"order": {"type": "integer"}}},
      "request": {"method": "POST", "path": "/orders", "body": {"item": "item"}, "idempotency_header": "Idempotency-Key"},
      "repeat": "keyed", "connection": true, "examples": []},
    "members.find": {
      "summary": "Look for a member", "effect": "read", "input": {"properties": {"mail": {"type": "string"}}},
      "output": {"type": "object"}, "request": {"method": "GET", "path": "/members", "query": {"mail": "mail"}}, "repeat": "idempotent"},
    "members.add": {
      "summary": "Add a member", "effect": "create", "target": "member:{address}", "change": "add {address}",
      "input": {"properties": {"address": {"type": "string"}}}, "output": {"type": "object"},
      "request": {"method": "POST", "path": "/members", "body": {"mail": "address"}}, "repeat": "neither",
      "probe": {"action": "members.find", "with": {"mail": "address"}, "find": "output.members", "refusals": [422]}},
    "tags.add_many": {
      "summary": "Add many tags", "effect": "create", "target": "tags:{names}", "change": "create {names}",
      "input": {"properties": {"names": {"type": "array"}}}, "output": {"type": "object"},
      "request": {"method": "POST", "path": "/tags", "body": {"names": "names"},
        "refused_if": "answer.body.?failed.orValue('') "}, "repeat": "idempotent", "safety": {"counts": "names"}},
    "session.open": {
      "summary": "Open a session", "effect": "create", "target": "session:{location_id}",
      "output": {"properties": {"token": {"type": "string", "x-secret": true}, "user": {"properties": {
        "name": {"type": "string"}, "key": {"type": "string", "x-secret": true}}}}},
      "request": {"method": "POST", "path": "/session"}, "repeat": "neither"},
    "forms.sign": {
      "summary": "Sign a form", "effect": "create", "target": "form:{title}", "input": {"properties": {
        "title": {"type": "string"}, "count": {"type": "integer"}, "more": {"type": "string"}}}, "output": {"type": "object"},
      "request": {"method": "POST", "path": "/sign", "body": {"the title": "title", "count": "count", "more": "more"},
        "body_format": "form"}, "repeat": "neither"},
    "forms.send": {
      "summary": "Send a form", "effect": "create", "target": "form:{title}", "input": {"properties": {
        "title": {"type": "string"}, "count": {"type": "integer"}, "more": {"type": "object"}}}, "output": {"type": "object"},
      "request": {"method": "POST", "path": "/forms", "body": {"the title": "title", "count": "count", "more": "more"},
        "body_format": "multipart"}, "repeat": "neither"},
    "forms.parts": {
      "summary": "Send parts of several types", "effect": "create", "target": "form", "input": {"properties": {
        "list": {"type": "array"}, "none": {"type": "array"}, "whole": {"type": "array"}, "note": {"type": "string"}, "count": {"type": "integer"}}},
      "output": {"type": "object"},
      "request": {"method": "POST", "path": "/forms", "body": {"list": "list", "none": "none", "whole": "whole", "note": "note", "count": "count"},
        "body_format": "multipart", "part_types": {"whole": "application/vnd.x+json", "note": "application/xml"}}, "repeat": "neither"},
    "words.send": {
      "summary": "Send a word", "effect": "create", "target": "word", "input": {"properties": {"word": {}}, "required": ["word"]},
      "output": {"type": "object"}, "request": {"method": "POST", "path": "/words", "body_input": "word", "body_format": "json"}, "repeat": "neither"},
    "tags.replace": {
      "summary": "Make a tag anew", "effect": "update", "target": "shop_tag:{location_id}/{tag_id}", "change": "replace tag {tag_id}",
      "resource": {"kind": "shop_tag", "collection": "/locations/{location_id}/tags", "id": "id", "id_input": "tag_id", "echo": "tag",
        "fields": {"name": "name", "note": "note"}, "replaces": true},
      "input": {"properties": {"tag_id": {"type": "string"}, "name": {"type": "string"}, "note": {"type": "string"}}, "required": ["tag_id", "name"]},
      "output": {"type": "object", "properties": {"tag": {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "note": {"type": "string"}}}}},
      "request": {"method": "PUT", "path": "/locations/{location_id}/tags/{tag_id}", "body": {"name": "name", "note": "note"}}, "repeat": "idempotent"},
    "push": {
      "summary": "Push a text", "effect": "send", "target": "text:{text}",
      "input": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"], "additionalProperties": false},
      "output": {}, "request": {"method": "POST", "body": {"text": "text"}},
      "repeat": "neither", "connection": true, "examples": []},
    "request": {
      "summary": "Send any request", "effect": "update", "effect_input": "effect", "effect_follows_method": true, "target": "url:{url}", "change": "{method} {url}",
      "input": {"type": "object", "properties": {"method": {"type": "string"}, "url": {"type": "string"}, "effect": {"type": "string"},
        "headers": {"type": "object"}, "body": {}, "accept": {}, "save_as": {"type": "string"}}, "required": ["url"], "additionalProperties": false},
      "output": {"type": "object", "properties": {"status": {"type": "integer"}, "headers": {"type": "object"}, "body": {}}},
      "request": {"method": "{method}", "url_input": "url", "headers_input": "headers", "body_input": "body", "whole_response": true,
        "accept_input": "accept", "save_input": "save_as"},
      "refused_hosts": {"quiet.example.com": "it only listens"},
      "repeat": "neither", "connection": false, "examples": []}
  }
})";

namespace {

constexpr const char* files_manifest = R"({
  "manifest": 1, "name": "files", "version": "1.0.0", "summary": "Files", "library": true,
  "actions": {"write": {
    "summary": "Write a file", "effect": "create", "target": "file:{file}", "change": "write file {file}",
    "input": {"type": "object", "properties": {"file": {"type": "string"}, "overwrite": {"type": "boolean"}},
      "additionalProperties": false},
    "output": {"type": "object"}, "repeat": "idempotent", "connection": false, "examples": []},
  "save": {
    "summary": "Save a file", "effect": "create", "target": "file:{file}", "change": "write file {file}",
    "input": {"type": "object", "properties": {"file": {"type": "string"}}, "additionalProperties": false},
    "output": {"type": "object"}, "repeat": "idempotent", "connection": false, "examples": []}}
})";

}  // namespace

CourierBench::CourierBench(Answer answer) : answer_(std::move(answer)) {
  HttpHandler handler = [this](IncomingRequest request) { return handle(std::move(request)); };
  auto opened = open_http_server(loop, "127.0.0.1:0", std::move(handler));
  REQUIRE(opened);
  server = std::move(*opened);

  folder.write("plugins/shop/shop.json", shop_manifest);
  folder.write("plugins/files/files.json", files_manifest);
  folder.write("plugins/files/files.so", "");  // looked for, and never loaded here
  catalog = Catalog::load(folder.path() / "plugins", folder.path() / "none");
  for (const auto& problem : catalog.problems()) FAIL(problem.plugin << ": " << problem.error.message);

  const auto file = folder.write("state/secrets.json", std::string(R"({"shop_token": ")") + token + "\"}");
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  secrets = open_secrets(folder.path());

  ConnectionSettings shop;
  shop.name = shop.plugin = "shop";
  shop.base_url = base() + "/v1/";
  shop.token = "secret:shop_token";
  shop.locations = {"main", "north"};
  project.root = folder.path();
  project.connections = {shop};

  options.version = "1.2.3";
  options.jitter = [] { return 1.0; };
  options.now = [this] { return std::chrono::steady_clock::now() + passed; };
  options.pause = [this](Duration wait) { return pause(wait); };
}

CourierBench::~CourierBench() {
  release();
  ask(loop, server->stop());
}

void CourierBench::release() {
  hold = false;
  released_.announce();
}

Courier& CourierBench::courier() {
  if (!courier_) courier_ = open_courier(project, catalog, *secrets, *client, options);
  return *courier_;
}

Task<OutgoingResponse> CourierBench::handle(IncomingRequest request) {
  arrived.push_back(request);
  while (hold) co_await released_.wait();
  co_return answer_ ? answer_(request) : reply(200, "{}");
}

Task<bool> CourierBench::pause(Duration wait) {
  waits.push_back(wait);
  passed += wait;
  co_return true;
}

void CourierBench::answer_in_turn(std::vector<OutgoingResponse> answers) {
  answer_ = [this, answers = std::move(answers), first = arrived.size()](const IncomingRequest&) {
    return answers[std::min(arrived.size() - first, answers.size()) - 1];
  };
}

const Action& CourierBench::action(const std::string& name) const {
  const Action* found = catalog.find_action(name);
  REQUIRE_MESSAGE(found, name);
  return *found;
}

CallSite CourierBench::site(const std::string& step) const {
  CallSite site;
  site.step = step;
  site.location = "main";
  site.connection = "shop";
  site.key = "key-of-" + step;
  return site;
}

Value CourierBench::read(const std::string& input) { return *parse_marked_json(input); }

std::string CourierBench::perform(const std::string& name, const std::string& input) {
  return perform(name, read(input), site());
}

std::string CourierBench::perform(const std::string& name, Value input, CallSite site) {
  const auto shipment = courier().prepare(action(name), std::move(input), std::move(site));
  if (!shipment) return shown(shipment.error());
  const auto answer = ask(loop, courier().send(*shipment));
  left += answer.left ? 1 : 0;
  return shown(answer.output);
}

std::string CourierBench::shown(const Result<Value>& result) const {
  if (result) return without_address(encode_json(*result));
  return without_address(std::string(name_of(result.error().code)) + ": " + result.error().message);
}

std::string CourierBench::without_address(std::string text) const {
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  for (std::size_t at = 0; (at = text.find(address, at)) != std::string::npos;)
    text.replace(at, address.size(), "HOST");
  return text;
}

std::string CourierBench::base() const { return "http://127.0.0.1:" + std::to_string(server->port()); }

std::string CourierBench::requests() const {
  std::string lines;
  for (const IncomingRequest& request : arrived) {
    lines += request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query);
    lines += (request.body.empty() ? "" : " " + request.body) + "\n";
  }
  return lines;
}

}  // namespace millrace::test
