#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "plugin/host_bench.hpp"

namespace millrace::test {

/// Keeps the file that is written.
class Paper : public ScriptedServices {
 public:
  std::string file, content;
  std::string in_zone = "UTC", at_location;

  std::string zone() const override { return in_zone; }
  std::string location_name() const override { return at_location; }
  Task<Result<Value>> write_file(std::string path, std::string text) override {
    file = path;
    content = text;
    co_return Value::object({{"file", "output/" + path}, {"bytes", text.size()}});
  }
};

struct Reports {
  /// Writes a report and gives the file's content.
  std::string write(const std::string& kind, const std::string& input) {
    Map given = json(input).map();
    given.set("file", "report");
    paper.content = "(nothing was written)";
    const Action action = action_named("reports." + kind);
    output = told(ask(loop, host->call(plugin, action, Value(std::move(given)), paper)));
    return paper.content;
  }
  std::string csv(const std::string& rows) { return write("csv", "{\"rows\": " + rows + "}"); }

  Paper paper;
  std::string output;
  Loop loop;
  Manifest plugin = [] {
    Manifest manifest;
    manifest.name = "reports";
    manifest.folder = std::filesystem::path(TEST_BUILD) / "../plugins/reports";
    manifest.shipped = true;
    return manifest;
  }();
  std::unique_ptr<PluginHost> host = open_plugin_host(loop, {}, way());
};

inline bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace millrace::test
