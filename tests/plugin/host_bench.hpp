#pragma once

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugin/plugin_host.hpp"
#include "support/ask.hpp"
#include "support/json.hpp"
#include "support/temporary_folder.hpp"
#include "value/json.hpp"

namespace millrace::test {

/// In this program; where MILLRACE_APART is set, in processes of their own: what plugins do is the same both ways.
inline PluginOptions way() {
  PluginOptions options;
  if (std::getenv("MILLRACE_APART") != nullptr) options.apart = PluginOptions::Apart::all;
  options.program = std::filesystem::path(TEST_BUILD) / "../millrace-plugin";
  options.grace = std::chrono::minutes(1);  // for a library that ends its calls, however slow the machine is
  return options;
}

/// A library that was built for the tests.
inline std::filesystem::path built(const std::string& name) {
  return std::filesystem::path(TEST_BUILD) / "plugin" / (name + ".so");
}

/// Services that note what they are asked and answer from functions.
class ScriptedServices : public CallServices {
 public:
  std::function<Result<Value>(const std::string& action, const Value& input)> answer = [](auto&, auto& input) {
    return input;
  };
  std::vector<std::string> trace;
  std::map<std::string, Value> state;
  News asked;
  std::function<void()> interfere;  ///< called once, just before a swap: what somebody else does meanwhile
  std::string from;                 ///< for people
  bool hold = false;                ///< actions wait until they are cancelled, or released
  News release;
  ErrorCode when_called_off = ErrorCode::cancelled;
  int begun_again = 0;
  std::uint64_t stored = 0;  ///< so much the plugin keeps

  Task<Result<Value>> call_action(std::string action, Value input) override {
    trace.push_back(action + " " + encode_json(input));
    asked.announce();
    if (hold && action != "started") {
      const bool undisturbed = co_await release.wait();
      if (!undisturbed) co_return Error{when_called_off, "called off"};
    }
    co_return answer(action, input);
  }
  Task<Result<Value>> http(RequestParts request) override {
    trace.push_back(request.method + " " + encode_json(request.path) + " " + encode_json(request.body));
    co_return Value::object({{"status", 200}});
  }
  Task<Result<Value>> write_file(std::string path, std::string content) override {
    co_return Value::object({{"file", path}, {"bytes", content.size()}});
  }
  Task<Result<Value>> read_state(std::string key) override {
    const auto held = state.find(key);
    co_return held == state.end() ? Value() : held->second;
  }
  Task<Result<Value>> write_state(std::string key, Value value) override {
    trace.push_back("remember " + key + " " + encode_json(value));
    state[key] = value;
    co_return Value();
  }
  Task<Result<Value>> swap_state(std::string key, Value expected, Value value) override {
    trace.push_back("swap " + key + " " + encode_json(expected) + " for " + encode_json(value));
    if (interfere) std::exchange(interfere, nullptr)();
    const bool swapped = state[key] == expected;
    if (swapped) state[key] = value;
    co_return Value::object({{"swapped", swapped}, {"value", state[key]}});
  }
  Task<Result<std::uint64_t>> state_size() override { co_return stored; }
  Task<Result<Value>> announce(std::string action, std::int64_t count) override {
    trace.push_back("announce " + action + " " + std::to_string(count));
    if (count > most_changes) co_return Error{ErrorCode::limited, "that is too much"};
    co_return Value();
  }
  Timestamp now() const override { return time; }
  std::string origin() const override { return from; }
  void begin_again() override { ++begun_again; }

  Timestamp time{1'790'000'000, 0};       ///< 2026-09-21T14:13:20Z
  std::int64_t most_changes = 1'000'000;  ///< what `announce` lets pass
};

/// A plugin as its manifest would describe it, with a library from the build folder.
inline Manifest plugin_with_library(const TemporaryFolder& folder, const std::string& name,
                                    const std::filesystem::path& library) {
  std::filesystem::create_directories(folder.path() / name);
  std::filesystem::copy_file(library, folder.path() / name / (name + ".so"),
                             std::filesystem::copy_options::overwrite_existing);
  Manifest manifest;
  manifest.name = name;
  manifest.folder = folder.path() / name;
  manifest.library = true;
  manifest.shipped = true;
  return manifest;
}

inline Action action_named(const std::string& name) {
  Action action;
  action.name = name;
  return action;
}

inline std::string told(const Result<Value>& result) {
  return result ? encode_json(*result) : std::string(name_of(result.error().code)) + ": " + result.error().message;
}

}  // namespace millrace::test
