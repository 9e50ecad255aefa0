#pragma once

#include <string>
#include <utility>

#include "plugin/plugin_host.hpp"
#include "secret/secrets.hpp"

namespace millrace::test {

class NoSecrets final : public Secrets {
 public:
  Result<Secret> find(std::string_view handle) override {
    return Error{ErrorCode::not_found, "there is no " + std::string(handle)};
  }
  void redact_in_place(std::string&) const override {}
};

/// The job `stock.restock` without a library: adds <op>/one, pushes <op>/two, adds <op>/three, and fails where one of
/// them does. Every other action is taken for it.
class StockJobs : public PluginHost {
 public:
  Status open(const Manifest&) override { return Done{}; }

  Task<Result<Value>> call(const Manifest&, const Action&, Value input, CallServices& services) override {
    const std::string op = input.text_or("op");
    const std::pair<std::string, std::string> asked[] = {{"add", "/one"}, {"push", "/two"}, {"add", "/three"}};
    for (const auto& [action, part] : asked) {
      Value wanted = Value::object({{"op", op + part}});
      const auto answer = co_await services.call_action(action, std::move(wanted));
      if (!answer) co_return answer.error();
    }
    co_return Value(Map());
  }

  Task<Status> listen(const Manifest&, const Trigger&, Value, CallServices&, std::function<Status(Value)>) override {
    co_return Error{ErrorCode::unavailable, "nothing is emitted here"};
  }
};

}  // namespace millrace::test
