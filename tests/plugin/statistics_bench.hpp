#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "plugin/host_bench.hpp"
#include "workflow/connections.hpp"

namespace millrace::test {

inline Value numbers(std::size_t days, std::int64_t first, std::int64_t step = 1) {
  Value::List list;
  for (std::size_t day = 0; day < days; ++day) list.emplace_back(first + static_cast<std::int64_t>(day) * step);
  return list;
}

/// The statistics plugin with a connector that tells what the test says. The run's day is 2026-09-21, a Monday.
struct Statistics {
  Statistics() {
    services.answer = [this](const std::string& action, const Value& input) { return connector(action, input); };
  }

  Result<Value> connector(const std::string& action, const Value& input) {
    if (action == "social_accounts.list") return accounts;
    if (action == "social_statistics.get_range" && !has_ranges) {
      return Error{ErrorCode::not_found, "there is no such action"};
    }
    asked.push_back(input);
    return answers.size() < asked.size() ? answers.back() : answers[asked.size() - 1];
  }

  /// Accounts with the profile ids p1, p2, ... on these platforms.
  void with_accounts(const std::vector<std::string>& platforms) {
    Value::List list;
    for (const std::string& platform : platforms) {
      list.push_back(Value::object({{"profileId", "p" + std::to_string(list.size() + 1)}, {"platform", platform}}));
    }
    accounts = Value::object({{"results", Value::object({{"accounts", list}})}});
  }

  Value call(const std::string& action, const std::string& input) {
    services.trace.clear();
    asked.clear();
    Map given = json(input).map();
    if (given.find(std::string_view("location_id")) == nullptr &&
        given.find(std::string_view("locations")) == nullptr) {
      given.set("location_id", "loc");
    }
    const Action called = test::action_named("statistics." + action);
    const auto result = test::ask(loop, host->call(plugin, called, Value(std::move(given)), services));
    if (result) return *result;
    return Value(std::string(name_of(result.error().code)) + ": " + result.error().message);
  }
  Value collect(const std::string& input = "{}") { return call("collect", input); }
  Value query(const std::string& input = "{}") { return call("query", input); }

  std::string remembered() const {
    std::string all;
    for (const std::string& line : services.trace) {
      if (line.starts_with("swap")) all += line + "\n";
    }
    return all;
  }

  Value accounts;
  std::vector<Value> answers;  ///< of the statistics, one a request; the last is given again
  std::vector<Value> asked;
  bool has_ranges = true;
  test::ScriptedServices services;
  Loop loop;
  Manifest plugin = [] {
    Manifest manifest;
    manifest.name = "statistics";
    manifest.folder = std::filesystem::path(TEST_BUILD) / "../plugins/statistics";
    manifest.shipped = true;
    return manifest;
  }();
  std::unique_ptr<PluginHost> host = open_plugin_host(loop, {}, test::way());
};

/// An answer about facebook: posts from 1, impressions from 100, likes from 10, comments from 1, followers from 50.
inline Value facebook(std::size_t days) {
  const auto series = [&](std::int64_t first, std::int64_t step) {
    return Value::object({{"facebook", Value::object({{"series", numbers(days, first, step)}})}});
  };
  return Value::object(
      {{"results",
        Value::object({{"postPerformance", Value::object({{"posts", Value::object({{"facebook", numbers(days, 1)}})},
                                                          {"impressions", numbers(days, 100, 10)},
                                                          {"likes", numbers(days, 10)},
                                                          {"comments", numbers(days, 1)}})},
                       {"platformTotals", Value::object({{"impressions", series(100, 10)},
                                                         {"likes", series(10, 1)},
                                                         {"followers", series(50, 1)}})}})}});
}

inline std::string part(const Value& value, const std::string& name) {
  const Value* found = value.find(name);
  return found != nullptr ? encode_json(*found) : encode_json(value);
}

/// `value` with the JSON `with` in the place of what lies at the dotted path; nothing there without it.
inline Value changed(const Value& value, const std::string& path, const std::optional<Value>& with) {
  const std::size_t dot = path.find('.');
  Map members;
  for (const auto& [key, member] : value.map()) {
    if (key.text() != path.substr(0, dot)) {
      members.set(key, member);
    } else if (dot != std::string::npos) {
      members.set(key, changed(member, path.substr(dot + 1), with));
    } else if (with) {
      members.set(key, *with);
    }
  }
  return members;
}

}  // namespace millrace::test
