#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "catalog/catalog.hpp"
#include "plugin/host_bench.hpp"

namespace millrace::test {

/// One of the jobs that come with Millrace, as the build made it, with services that a test scripts.
struct JobBench {
  explicit JobBench(const std::string& name)
      : catalog(Catalog::load(std::filesystem::path(TEST_BUILD) / "../plugins", "")),
        plugin(*catalog.find_plugin(name)) {}

  /// The output as JSON, or the error in words.
  std::string call(const std::string& action, const Value& input) {
    services.trace.clear();
    const Action* called = catalog.find_action(plugin.name + "." + action);
    return told(ask(loop, host->call(plugin, *called, input, services)));
  }

  ScriptedServices services;
  Loop loop;
  Catalog catalog;
  const Manifest& plugin;
  std::unique_ptr<PluginHost> host = open_plugin_host(loop, {}, test::way());
};

}  // namespace millrace::test
