#include "runtime/performer.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

constexpr int max_depth = 8;

/// What one call of a library may ask for, within what its manifest declares.
class Services final : public CallServices {
 public:
  Services(Performer& performer, const Action& action, const ConnectionSettings* connection, Value input, CallSite site,
           int depth)
      : performer_(performer),
        action_(action),
        connection_(connection),
        input_(std::move(input)),
        site_(std::move(site)),
        depth_(depth) {}

  Task<Result<Value>> call_action(std::string name, Value input) override {
    if (std::find(action_.calls.begin(), action_.calls.end(), name) == action_.calls.end()) {
      co_return Error{ErrorCode::denied,
                      action_.name + " may not call \"" + name + "\": its manifest does not name it under \"calls\""};
    }
    const Action* called = performer_.catalog().find_action(name);
    if (connection_ != nullptr) {
      if (const Action* own = performer_.catalog().find_action(connection_->plugin + "." + name)) called = own;
    }
    if (called == nullptr)
      co_return Error{ErrorCode::not_found, "there is no action \"" + name + "\" for " + action_.name};
    CallSite site = site_;
    site.key += "/" + std::to_string(calls_++);
    auto answer = co_await performer_.perform(*called, connection_, std::move(input), std::move(site), depth_ + 1);
    co_return answer;
  }

  Task<Result<Value>> http(RequestParts request) override {
    CallSite site = site_;
    site.key += "/" + std::to_string(calls_++);
    auto answer = co_await performer_.gate().request(action_, std::move(request), input_, std::move(site));
    co_return answer;
  }

  Task<Result<Value>> write_file(std::string path, std::string content) override {
    auto answer = co_await performer_.gate().write_file(action_, std::move(path), std::move(content), site_);
    co_return answer;
  }

  Task<Result<Value>> read_state(std::string key) override {
    auto answer = co_await performer_.gate().state().read(action_.plugin, std::move(key));
    co_return answer;
  }

  Task<Result<Value>> write_state(std::string key, Value value) override {
    const auto written = co_await performer_.gate().state().write(action_.plugin, std::move(key), std::move(value));
    if (!written) co_return written.error();
    co_return Value();
  }

 private:
  Performer& performer_;
  const Action& action_;
  const ConnectionSettings* connection_;
  Value input_;
  CallSite site_;
  int depth_;
  int calls_ = 0;
};

Result<Value> pure(const Action& action, const Value& input) {
  Bindings names;
  for (const std::string& name : action.inputs().property_names()) {
    const Value* given = input.find(name);
    names.set(name, given != nullptr ? *given : Value());
  }
  return action.result->evaluate(names);
}

}  // namespace

Task<Result<Value>> Performer::perform(const Action& action, const ConnectionSettings* connection, Value input,
                                       CallSite site, int depth) {
  if (depth > max_depth) co_return Error{ErrorCode::invalid, action.name + ": actions call each other without end"};
  if (action.result) co_return pure(action, input);
  if (connection != nullptr) {
    site.connection = connection->name;
    const bool located = action.inputs().property("location_id").known();
    if (located && !site.location.empty() && input.find("location_id") == nullptr) {
      Map members = input.is_map() ? input.map() : Map();
      members.set("location_id", site.location);
      input = Value(std::move(members));
    }
  }
  if (action.request) {
    auto answer = co_await gate_.perform(action, std::move(input), std::move(site));
    co_return answer;
  }
  const Manifest* plugin = catalog_.find_plugin(action.plugin);
  if (plugin == nullptr) co_return Error{ErrorCode::not_found, "plugin \"" + action.plugin + "\" is gone"};
  Services services(*this, action, connection, input, std::move(site), depth);
  auto answer = co_await plugins_.call(*plugin, action, std::move(input), services);
  co_return answer;
}

}  // namespace millrace
