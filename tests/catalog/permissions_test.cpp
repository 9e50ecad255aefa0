#include "catalog/permissions.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace millrace;

namespace {

Action acting(const std::string& name, Effect effect) {
  Action action;
  action.name = "acme." + name;
  action.effect = effect;
  return action;
}

Manifest sample() {
  Manifest plugin;
  plugin.name = "acme";
  plugin.library = true;
  plugin.hosts = {"https://b.example", "https://a.example"};
  plugin.files = {"acme/"};
  Action rename = acting("rename", Effect::update);
  rename.calls = {"contacts.list"};
  rename.optional_calls = {"contacts.get"};
  Trigger heard;
  heard.calls = {"contacts.list", "contacts.watch"};
  plugin.actions = {rename, acting("look", Effect::read), acting("count", Effect::none)};
  plugin.triggers = {heard};
  return plugin;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_SUITE_BEGIN("catalog");

TEST_CASE("a manifest asks for what its actions do and call, for hosts, folders and memory") {
  const Permissions asked = permissions_of(sample());
  CHECK(asked.does == Texts{"read look", "update rename"});
  CHECK(asked.calls == Texts{"contacts.get?", "contacts.list", "contacts.watch"});
  CHECK(asked.hosts == Texts{"https://a.example", "https://b.example"});
  CHECK(asked.files == Texts{"acme"});
  CHECK(asked.memory_mib == 256);
}

TEST_CASE("an address that a workflow gives is any host") {
  Manifest plugin = sample();
  plugin.actions.front().request.emplace().url_input = "url";
  CHECK(permissions_of(plugin).hosts.front() == "any");
}

TEST_CASE("what nobody agreed to is told, and less or the same is nothing new") {
  const Permissions agreed = permissions_of(sample());
  CHECK(widened(agreed, agreed).empty());
  CHECK(widened(agreed, Permissions()).empty());
  const auto news = [&agreed](auto change) {
    Manifest plugin = sample();
    change(plugin);
    return widened(agreed, permissions_of(plugin));
  };
  CHECK(news([](Manifest& plugin) { plugin.hosts.emplace_back("https://c.example"); }) ==
        Texts{"hosts https://c.example"});
  CHECK(news([](Manifest& plugin) { plugin.files = {"acme", "other"}; }) == Texts{"files output/other/"});
  CHECK(news([](Manifest& plugin) { plugin.files = {"acmes"}; }) == Texts{"files output/acmes/"});
  CHECK(news([](Manifest& plugin) { plugin.files = {"acme/below"}; }).empty());
  CHECK(news([](Manifest& plugin) { plugin.memory_mib = 512; }) == Texts{"512 MiB of memory"});
  CHECK(news([](Manifest& plugin) { plugin.memory_mib = 64; }).empty());
  CHECK(news([](Manifest& plugin) { plugin.actions[0].calls.emplace_back("contacts.delete"); }) ==
        Texts{"calls contacts.delete"});
  CHECK(news([](Manifest& plugin) { plugin.actions[0].calls = {"contacts.get"}; }).empty());
  CHECK(news([](Manifest& plugin) { plugin.actions[2].effect = Effect::send; }) == Texts{"send count"});
}

TEST_CASE("an effect that is told otherwise is new, as more and as less") {
  const Permissions agreed = permissions_of(sample());
  Manifest plugin = sample();
  plugin.actions[0].effect = Effect::read;
  CHECK(widened(agreed, permissions_of(plugin)) == Texts{"read rename"});
  plugin.actions[0].effect = Effect::remove;
  CHECK(widened(agreed, permissions_of(plugin)) == Texts{"delete rename"});
  plugin = sample();
  plugin.actions[1].effect_follows_method = true;
  CHECK(widened(agreed, permissions_of(plugin)) == Texts{"read or what its input says look"});
}

TEST_CASE("a library where there was none is new") {
  Manifest plugin = sample();
  plugin.library = false;
  CHECK(widened(permissions_of(plugin), permissions_of(sample())) == Texts{"a library"});
  CHECK(widened(permissions_of(sample()), permissions_of(plugin)).empty());
}

TEST_SUITE_END();
