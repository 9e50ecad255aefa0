#include "premises.hpp"

#include <doctest/doctest.h>
#include <string>
#include <utility>

#include "ask.hpp"
#include "journal/store.hpp"
#include "stock.hpp"

namespace millrace::test {

namespace {

constexpr const char* shop_manifest = R"({
  "manifest": 1, "name": "shop", "version": "1.0.0", "summary": "A shop that keeps count", "library": false,
  "connection": {"auth": "none"},
  "actions": {
    "add": {
      "summary": "Add something, once for each key", "effect": "create", "target": "thing:{op}", "change": "add {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object", "properties": {"op": {"type": "string"}}},
      "request": {"method": "POST", "path": "/add", "body": {"op": "op"}, "idempotency_header": "Idempotency-Key"},
      "repeat": "keyed", "connection": true, "examples": []},
    "put": {
      "summary": "Put something", "effect": "update", "target": "thing:{op}", "change": "put {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object", "properties": {"op": {"type": "string"}}},
      "request": {"method": "PUT", "path": "/put", "body": {"op": "op"}},
      "repeat": "idempotent", "connection": true, "examples": []},
    "push": {
      "summary": "Push something, which twice is twice", "effect": "send", "target": "thing:{op}", "change": "push {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object", "properties": {"op": {"type": "string"}}},
      "request": {"method": "POST", "path": "/push", "body": {"op": "op"}},
      "repeat": "neither", "connection": true, "examples": []},
    "items": {
      "summary": "Read the items", "effect": "read", "target": "items",
      "input": {"type": "object", "properties": {}, "additionalProperties": false},
      "output": {"type": "object", "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {
        "id": {"type": "string"}, "rev": {"type": "integer"}}}}}},
      "request": {"method": "GET", "path": "/items"},
      "repeat": "idempotent", "connection": true, "examples": []}
  }
})";

constexpr const char* stock_manifest = R"({
  "manifest": 1, "name": "stock", "version": "1.0.0", "summary": "A job of several effects", "library": true,
  "actions": {
    "restock": {
      "summary": "Add, push, add", "effect": "create", "target": "stock:{op}", "change": "restock {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object"}, "calls": ["add", "push"], "repeat": "neither", "connection": true, "examples": []}
  }
})";

constexpr const char* memo_manifest = R"({
  "manifest": 1, "name": "memo", "version": "1.0.0", "summary": "A library that remembers", "library": true,
  "actions": {
    "once": {
      "summary": "Whether nobody has claimed it", "effect": "read", "output": {"type": "object"}, "examples": [],
      "input": {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"], "additionalProperties": false}},
    "ask": {
      "summary": "Have somebody look", "effect": "read", "output": {"type": "object"}, "calls": ["memo.look"], "examples": [],
      "input": {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"], "additionalProperties": false}},
    "look": {
      "summary": "Look", "effect": "read", "output": {"type": "object"}, "examples": [],
      "input": {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"], "additionalProperties": false}}
  }
})";

constexpr std::pair<const char*, const char*> all_workflows[] = {
    {"orders", R"(version: 1
name: Orders
mode: live
triggers:
  - {webhook: orders, verify: public, dedupe: event.id}
concurrency: {queued: {key: event.lane}}
actions:
  - {action: shop.add, with: {op: "${{ event.id }}/first"}, retry: {attempts: 50, delay: 2s, max_delay: 8s}}
  - {if: event.soon, wait: 3s}
  - {if: event.late, wait: 20s}
  - {action: shop.put, with: {op: "${{ event.id }}/second"}, retry: {attempts: 50, delay: 2s, max_delay: 8s}}
  - {action: shop.add, with: {op: "${{ event.id }}/third"}, retry: {attempts: 50, delay: 2s, max_delay: 8s}}
)"},
    {"alarm", R"(version: 1
name: Alarm
mode: live
triggers:
  - {webhook: orders, verify: public, dedupe: event.id, if: event.loud}
concurrency: parallel
actions:
  - {action: shop.push, with: {op: "${{ event.id }}/push"}}
)"},
    {"rehearsal", R"(version: 1
name: Rehearsal
triggers:
  - {webhook: orders, verify: public, dedupe: event.id}
concurrency: parallel
actions:
  - {action: shop.items}
  - {action: shop.add, with: {op: "dry/${{ event.id }}"}}
)"},
    {"follow", R"(version: 1
name: Follow
mode: live
triggers:
  - {after: orders, outcome: any}
concurrency: parallel
actions:
  - {action: shop.add, with: {op: "after/${{ event.run }}/${{ run.id }}"}, retry: {attempts: 50, delay: 2s, max_delay: 8s}}
)"},
    {"job", R"(version: 1
name: Job
mode: live
triggers:
  - {webhook: jobs, verify: public, dedupe: event.id}
actions:
  - {action: stock.restock, with: {op: "${{ event.id }}"}}
)"},
    {"once", R"(version: 1
name: Once
mode: live
triggers:
  - {webhook: jobs, verify: public, dedupe: event.id}
concurrency: parallel
actions:
  - {id: claimed, action: memo.once, with: {key: "${{ event.lane }}"}}
  - {if: claimed.first, action: shop.add, with: {op: "once/${{ event.lane }}"}, retry: {attempts: 50, delay: 2s, max_delay: 8s}}
  - {for_each: "[1, 2, 3, 4, 5, 6]", parallel: 6, do: [{action: memo.ask, with: {key: "${{ event.lane }}"}}]}
)"},
    {"caller", R"(version: 1
name: Caller
mode: live
triggers:
  - {webhook: jobs, verify: public, dedupe: event.id, if: event.calls}
concurrency: parallel
actions:
  - {call: called, with: {id: "${{ event.id }}"}}
)"},
    {"called", R"(version: 1
name: Called
mode: live
triggers:
  - manual
actions:
  - {action: shop.add, with: {op: "called/${{ event.id }}"}, retry: {attempts: 50, delay: 2s, max_delay: 8s}}
)"},
    {"ticks", R"(version: 1
name: Ticks
mode: live
triggers:
  - {schedule: every minute, if_missed: run_all}
actions:
  - {action: shop.add, with: {op: "tick/${{ event.scheduled_at }}"}, retry: {attempts: 50, delay: 2s, max_delay: 8s}}
)"},
    {"watcher", R"(version: 1
name: Watcher
mode: live
triggers:
  - {watch: shop.items, key: item.id, every: 10s}
concurrency: parallel
actions:
  - action: shop.add
    with: {op: "seen/${{ event.key }}/${{ event.change }}/${{ event.item.rev }}"}
    retry: {attempts: 50, delay: 2s, max_delay: 8s}
)"},
};

SimulatedDisk::Image empty_store() {
  SimulatedDisk disk;
  Loop loop;
  StoreOptions options;
  options.role = StoreOptions::Role::service;
  options.vfs = disk.name();
  auto store = open_store(loop, "millrace.db", options);
  REQUIRE(store);
  const auto closed = ask(loop, (*store)->close());
  REQUIRE(closed);
  return disk.image();
}

}  // namespace

Premises::Premises(std::set<std::string> with)
    : workflows(std::move(with)), secrets(std::make_unique<NoSecrets>()), store(empty_store()) {
  folder.write("plugins/shop/shop.json", shop_manifest);
  folder.write("plugins/stock/stock.json", stock_manifest);
  folder.write("plugins/memo/memo.json", memo_manifest);
  for (const char* library : {"plugins/stock/stock.so", "plugins/memo/memo.so"})
    folder.write(library, "");  // looked for, and never loaded here
  for (const auto& [id, text] : all_workflows) {
    if (workflows.contains(id)) folder.write(std::string("workflows/") + id + ".yaml", text);
  }
  catalog = Catalog::load(folder.path() / "plugins", folder.path() / "none");
  for (const auto& problem : catalog.problems()) FAIL(problem.plugin << ": " << problem.error.message);
  ConnectionSettings shop;
  shop.name = shop.plugin = "shop";
  shop.base_url = "http://shop.test";
  project.root = folder.path();
  project.connections = {shop};
}

}  // namespace millrace::test
