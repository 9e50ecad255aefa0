#pragma once

#include <map>
#include <string>

#include "catalog/catalog.hpp"
#include "openapi/import.hpp"
#include "value/json.hpp"

namespace millrace::test {

/// The files of a document that a test writes; the first is "api.yaml".
using Files = std::map<std::string, std::string>;

inline Import imported(const Files& files, const std::string& overlay = "",
                       const std::map<std::string, std::string>& before = {}) {
  const auto reader = [&files](const std::string& path) -> Result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return Error{ErrorCode::not_found, "there is no such file"};
    return found->second;
  };
  return import_openapi({"shop", "api.yaml", files.at("api.yaml"), reader, "shop.overlay.yaml", overlay, before});
}

/// A whole document with these paths, indented by two, and components.
inline std::string document(const std::string& paths, const std::string& components = "",
                            const std::string& version = "3.0.3") {
  return "openapi: " + version +
         "\ninfo: {title: A shop, version: 1.2.0}\nservers: [{url: https://api.shop.example/v1}]\npaths:\n" + paths +
         (components.empty() ? "" : "components:\n" + components);
}

/// An operation's path and method with `said` behind it in flow style.
inline std::string operation(const std::string& path, const std::string& method, const std::string& said) {
  return "  " + path + ": {" + method + ": {" + said + "}}\n";
}

inline const std::string fine = "responses: {'200': {description: fine}}";

inline std::string findings_of(const Import& import) {
  std::string text;
  for (const ImportFinding& one : import.findings.list()) {
    text += one.file + ":" + std::to_string(one.line) + " " + one.pointer + " " + std::string(name_of(one.severity)) +
            ": " + one.message + " [" + one.rule + "]\n";
  }
  return text;
}

/// What stands at a dotted path of the manifest's one action, as JSON; "" where nothing does.
inline std::string of_action(const Import& import, const std::string& action, const std::vector<std::string>& path) {
  const Value* here = import.manifest.find("actions");
  if (here != nullptr) here = here->find(action);
  for (const std::string& key : path) {
    if (here != nullptr) here = here->find(key);
  }
  return here != nullptr ? encode_json(*here) : "";
}

inline std::string names_of(const Import& import) {
  std::string names;
  const Value* actions = import.manifest.find("actions");
  if (actions == nullptr) return names;
  for (const auto& [name, action] : actions->map()) {
    const Value& request = *action.find("request");
    names += name.text() + " = " + request.text_or("method") + " " + request.text_or("path") + " " +
             action.text_or("effect") + "\n";
  }
  return names;
}

/// Whether the engine can use what was made.
inline std::string unusable(const Import& import) {
  if (import.manifest.is_null()) return "there is no manifest";
  const auto manifest = parse_manifest(encode_json(import.manifest), "plugins/shop");
  return manifest ? "" : render(manifest.error());
}

}  // namespace millrace::test
