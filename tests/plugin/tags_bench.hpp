#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "plugin/host_bench.hpp"

namespace millrace::test {

/// The tags plugin with a connector that keeps its tags in memory.
struct Tags {
  explicit Tags(const std::string& held) : tags(json(held).list()) {
    services.answer = [this](const std::string& action, const Value& input) { return connector(action, input); };
  }

  Result<Value> connector(const std::string& action, const Value& input) {
    if (action == "location_tags.list") return Value::object({{"tags", tags}});
    Value id = action == "location_tags.update" ? *input.find("tag_id")
               : planning                       ? Value::unknown("the id of tag " + input.text_or("name"))
               : made++ == 0                    ? Value("new")
                                                : Value("new " + std::to_string(made));
    const std::string sent = input.text_or("name");
    const std::string kept = keeps ? keeps(sent) : sent;
    const auto same = std::find_if(tags.begin(), tags.end(), [&](auto& one) { return one.text_or("name") == kept; });
    if (one_of_a_name && same != tags.end()) id = *same->find("id");
    const Value tag = Value::object({{"id", id}, {"name", kept}, {"locationId", *input.find("location_id")}});
    std::erase_if(tags, [&](const Value& one) { return *one.find("id") == id; });
    tags.push_back(tag);
    return tells ? tells(id, sent) : Value::object({{"tag", tag}});
  }

  std::string upsert(const std::string& input) {
    Map given = json(input).map();
    given.set("location_id", "loc");
    return call("upsert", given);
  }
  std::string call(const std::string& action, const Value& input) {
    services.trace.clear();
    const Action called = action_named("tags." + action);
    return told(ask(loop, host->call(plugin, called, input, services)));
  }
  /// What was written, the listing left out.
  std::string written() const {
    std::string all;
    for (const std::string& line : services.trace) {
      if (!line.starts_with("location_tags.list")) all += line + "\n";
    }
    return all;
  }

  /// How often the last call wrote to the far side.
  std::ptrdiff_t writes() const {
    return std::count_if(services.trace.begin(), services.trace.end(), [](const std::string& line) {
      return line.starts_with("location_tags.create") || line.starts_with("location_tags.update");
    });
  }

  /// "created", "unchanged", ... or the error. The key may be empty.
  std::string change(const std::string& key, const std::string& name) {
    const Value given = key.empty() ? Value() : Value(key);
    const std::string told = upsert(encode_json(Value::object({{"key", given}, {"name", name}})));
    return told.starts_with("{") ? json(told).text_or("change") : told;
  }
  std::string names() const {
    std::string all;
    for (const Value& tag : tags) all += (all.empty() ? "" : ", ") + tag.text_or("name");
    return all;
  }

  /// Somebody gives the first tag another name over there.
  void rename_there(const std::string& name) {
    Map tag = tags[0].map();
    tag.set("name", name);
    tags[0] = tag;
  }

  Value::List tags;
  std::function<std::string(const std::string&)> keeps;                  ///< what the far side makes of a name
  std::function<Value(const Value& id, const std::string& sent)> tells;  ///< its answer to a write, if not the truth
  bool one_of_a_name = false;  ///< asked to create a tag that is there, it answers with that one
  int made = 0;
  bool planning = false;
  ScriptedServices services;
  Loop loop;
  Manifest plugin = [] {
    Manifest manifest;
    manifest.name = "tags";
    manifest.folder = std::filesystem::path(TEST_BUILD) / "../plugins/tags";
    manifest.shipped = true;
    return manifest;
  }();
  std::unique_ptr<PluginHost> host = open_plugin_host(loop, {}, way());
};

}  // namespace millrace::test
