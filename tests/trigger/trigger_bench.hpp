#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "http/http_server.hpp"
#include "schedule/schedule_bench.hpp"
#include "secret/secrets.hpp"
#include "workflow/load.hpp"

namespace millrace::test {

inline const Catalog& trigger_catalog() {
  static const Catalog catalog = Catalog::load(std::string(TEST_DATA) + "/workflow/plugins", "");
  return catalog;
}

/// The trigger written as YAML: "{webhook: a, verify: public}".
inline TriggerSpec trigger_of(const std::string& yaml, const Catalog& catalog = trigger_catalog()) {
  const std::string text = "version: 1\ntriggers:\n  - " + yaml + "\nactions: {action: notes.write, with: {text: a}}\n";
  const auto source = std::make_shared<const SourceText>(SourceText{"flow.yaml", text});
  LoadedWorkflow loaded = load_workflow(source, catalog);
  std::string findings;
  for (const Finding& one : loaded.findings) findings += render(one) + "\n";
  INFO(findings);
  REQUIRE(loaded.workflow);
  REQUIRE(loaded.workflow->triggers.size() == 1);
  return loaded.workflow->triggers[0];
}

/// Secrets that the test knows.
class KnownSecrets final : public Secrets {
 public:
  std::map<std::string, std::string, std::less<>> known;

  Result<Secret> find(std::string_view handle) override {
    const auto found = known.find(handle);
    if (found != known.end()) return Secret(found->second);
    return Error{ErrorCode::not_found, "there is no " + std::string(handle)};
  }
  void redact_in_place(std::string&) const override {}
};

inline IncomingRequest delivery(std::string body, std::initializer_list<std::pair<std::string, std::string>> headers) {
  IncomingRequest request{"POST", "/hooks/flow", "", {}, std::move(body)};
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  return request;
}

}  // namespace millrace::test
