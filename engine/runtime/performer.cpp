#include "runtime/performer.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "base/url.hpp"
#include "catalog/arguments.hpp"
#include "catalog/times.hpp"
#include "crypto/digest.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr int max_depth = 8;

/// Whether a call may come to write something, which then needs a key of its own.
bool may_write(const Action& action) {
  return writes(action.effect) || !action.effect_input.empty() || !action.request;
}

/// What one call of a library may ask for, within what its manifest declares.
class Services : public CallServices {
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
    if (!may_call(name)) {
      co_return Error{ErrorCode::denied,
                      action_.name + " may not call \"" + name + "\": its manifest does not name it under \"calls\""};
    }
    const Action* called = find(name);
    if (called == nullptr) co_return not_there(name);
    CallSite site = may_write(*called) ? site_for(name + " " + encode_json(input)) : site_;
    auto answer = co_await performer_.perform(*called, connection_, std::move(input), std::move(site), depth_ + 1);
    co_return answer;
  }

  Task<Result<Value>> http(RequestParts request) override {
    const Status declared = may_ask(request.path);
    if (!declared) co_return declared.error();
    if (action_.effect == Effect::none && action_.effect_input.empty() && !reads_by_method(request.method))
      co_return Error{ErrorCode::denied, action_.name + " asks with " + request.method +
                                             ", and its manifest says that it has no effect: say there which it has"};
    const bool may_write = writes(action_.effect) || !action_.effect_input.empty();
    CallSite site = site_;
    if (may_write) site = site_for(request.method + " " + encode_json(request.path) + " " + encode_json(request.body));
    auto answer = co_await performer_.gate().request(action_, std::move(request), input_, std::move(site));
    co_return answer;
  }

  Task<Result<Value>> write_file(std::string path, std::string content) override {
    const Status declared = may_write_in(path);
    if (!declared) co_return declared.error();
    auto answer = co_await performer_.gate().write_file(action_, std::move(path), std::move(content), site_);
    co_return answer;
  }

  Task<Result<Value>> read_state(std::string key) override {
    auto answer = co_await states().read(action_.plugin, std::move(key));
    co_return answer;
  }

  Task<Result<Value>> write_state(std::string key, Value value) override {
    const auto written = co_await states().write(action_.plugin, std::move(key), std::move(value));
    if (!written) co_return written.error();
    co_return Value();
  }

  Task<Result<Value>> swap_state(std::string key, Value expected, Value value) override {
    auto answer = co_await states().swap(action_.plugin, std::move(key), std::move(expected), std::move(value));
    co_return answer;
  }

  Task<Result<std::uint64_t>> state_size() override { return states().size(action_.plugin); }

  Task<Result<Value>> announce(std::string action, std::int64_t count) override {
    const Action* called = find(action);
    if (called == nullptr) co_return not_there(action);
    CallSite site = site_;
    site.location = input_.text_or("location_id", site_.location);  // where what it calls works
    const auto allowed = performer_.gate().announce(*called, count, site);
    if (!allowed) co_return allowed.error();
    co_return Value();
  }

  Timestamp now() const override { return performer_.now(); }
  std::string zone() const override { return performer_.zone(); }
  std::string location_name() const override {
    const std::string meant = input_.text_or("location_id", site_.location);
    return meant.empty() ? meant : performer_.project().location_name(meant);
  }
  int depth() const override { return depth_; }
  void begin_again() override {
    asked_.clear();
    if (site_.states != nullptr) site_.states->forget_swaps();
  }
  std::string step() const override { return site_.step; }
  std::string origin() const override {
    return site_.workflow.empty() ? site_.step : "step \"" + site_.step + "\" of " + site_.workflow;
  }

 protected:
  StateStore& states() {
    if (site_.states != nullptr) return *site_.states;
    return performer_.gate().state();
  }

 private:
  bool may_call(const std::string& name) const {
    const auto named = [&name](const std::vector<std::string>& calls) {
      return std::find(calls.begin(), calls.end(), name) != calls.end();
    };
    return named(action_.calls) || named(action_.optional_calls);
  }
  /// The manifest, where the library is a stranger's: it may do only what it declares.
  const Manifest* stranger() const {
    const Manifest* plugin = performer_.catalog().find_plugin(action_.plugin);
    return plugin != nullptr && plugin->library && !plugin->shipped ? plugin : nullptr;
  }
  Error undeclared(const std::string& what, const std::string& where) const {
    return {ErrorCode::denied,
            action_.name + " may not " + what + ": its manifest does not name that under \"" + where + "\""};
  }
  Status may_ask(const Value& path) const {
    const Manifest* plugin = stranger();
    if (plugin == nullptr || !path.is_text() || !is_absolute_url(path.text())) return Done{};
    const Url url = TRY(parse_url(path.text()));
    for (const std::string& host : plugin->hosts) {
      const auto known = parse_url(host);
      if (known && known->origin() == url.origin()) return Done{};
    }
    return undeclared("ask " + url.scheme + "://" + url.place(), "hosts");
  }
  Status may_write_in(const std::string& path) const {
    const Manifest* plugin = stranger();
    if (plugin == nullptr) return Done{};
    const std::string wanted = std::filesystem::path(path).lexically_normal().string();
    for (std::string folder : plugin->files) {
      if (!folder.ends_with('/')) folder += '/';
      if (wanted.starts_with(folder)) return Done{};
    }
    return undeclared("write \"" + path + "\"", "files");
  }
  /// The connector's own action of that name, else the one that has this name in full.
  const Action* find(const std::string& name) const {
    const Action* own =
        connection_ != nullptr ? performer_.catalog().find_action(connection_->plugin + "." + name) : nullptr;
    return own != nullptr ? own : performer_.catalog().find_action(name);
  }
  /// The key of what is asked from inside tells what it is, not when it came: after a restart the library may ask in
  /// another order, and must find the same effects again.
  CallSite site_for(const std::string& question) {
    CallSite site = site_;
    site.recorded = false;
    site.says_by_data = site.looks_first = true;  // whatever the library made it from
    const std::string name = fingerprint(question).substr(0, 16);
    const std::string which = "/" + name + "#" + std::to_string(asked_[name]++);
    site.key += which;
    site.entry.inside += which;
    return site;
  }
  Error not_there(const std::string& name) const {
    return {ErrorCode::not_found, "there is no action \"" + name + "\" for " + action_.name};
  }

  Performer& performer_;
  const Action& action_;
  const ConnectionSettings* connection_;
  Value input_;
  CallSite site_;
  int depth_;
  std::map<std::string, int> asked_;  // how often the same was asked
};

/// Of a trigger: how far it has read is kept behind what it has told, and for each that listens by itself, for one may
/// have heard what another has not.
class TriggerServices final : public Services {
 public:
  TriggerServices(Performer& performer, const Action& means, const ConnectionSettings* connection, Value with,
                  CallSite site, Hearer& hearer)
      : Services(performer, means, connection, std::move(with), std::move(site), 0),
        means_(means),
        hearer_(hearer),
        owner_(hearer.owner()) {}

  /// No manifest says what a trigger's own request does, so its method has to.
  Task<Result<Value>> http(RequestParts request) override {
    if (!reads_by_method(request.method)) {
      co_return Error{ErrorCode::denied, means_.name + " asks with " + request.method +
                                             ", and a trigger only reads: where that reads, let it call an action that "
                                             "says so"};
    }
    auto answer = co_await Services::http(std::move(request));
    co_return answer;
  }

  /// What the plugin's actions keep there, until the trigger has written the key itself.
  Task<Result<Value>> read_state(std::string key) override {
    const auto own = co_await states().read(owner_, own_key(key));
    if (!own) co_return own.error();
    auto held = co_await own_or_of_plugin(*own, std::move(key));
    co_return held;
  }

  Task<Result<Value>> write_state(std::string key, Value value) override {
    const bool settled = co_await hearer_.settled();
    if (!settled) co_return Error{ErrorCode::cancelled, "called off"};
    const auto written = co_await states().write(owner_, own_key(key), std::move(value));
    if (!written) co_return written.error();
    co_return Value();
  }

  Task<Result<Value>> swap_state(std::string key, Value expected, Value value) override {
    const bool settled = co_await hearer_.settled();
    if (!settled) co_return Error{ErrorCode::cancelled, "called off"};
    const auto own = co_await states().read(owner_, own_key(key));
    if (!own) co_return own.error();
    auto held = co_await own_or_of_plugin(*own, key);
    if (!held) co_return held.error();
    if (encode_json(*held) != encode_json(expected))
      co_return Value::object({{"swapped", false}, {"value", std::move(*held)}});
    auto swapped = co_await states().swap(owner_, own_key(key), *own, std::move(value));
    co_return swapped;
  }

  Task<Result<std::uint64_t>> state_size() override { return states().size(owner_); }

 private:
  /// Another trigger in its place of the workflow has not read so far.
  std::string own_key(const std::string& key) const { return means_.name + "/" + key; }
  Task<Result<Value>> own_or_of_plugin(Value own, std::string key) {
    if (!own.is_null()) co_return own;
    auto of_plugin = co_await Services::read_state(std::move(key));
    co_return of_plugin;
  }

  const Action& means_;
  Hearer& hearer_;
  const std::string owner_;
};

}  // namespace

Task<Status> Performer::listen(const Trigger& trigger, const ConnectionSettings* connection, Value with, CallSite site,
                               Hearer& hearer) {
  const Manifest* plugin = catalog_.find_plugin(trigger.plugin);
  if (plugin == nullptr) co_return Error{ErrorCode::not_found, "plugin \"" + trigger.plugin + "\" is gone"};
  if (connection != nullptr) site.connection = connection->name;
  Action means;  // a trigger only reads
  means.name = trigger.name;
  means.plugin = trigger.plugin;
  means.effect = Effect::read;
  means.calls = trigger.calls;
  TriggerServices services(*this, means, connection, with, std::move(site), hearer);
  std::function<Status(Value)> hear = [&hearer](Value event) { return hearer.hear(std::move(event)); };
  auto ended = co_await plugins_.listen(*plugin, trigger, std::move(with), services, std::move(hear));
  co_return ended;
}

Task<Result<Value>> Performer::perform(const Action& action, const ConnectionSettings* connection, Value input,
                                       CallSite site, int depth) {
  if (depth > max_depth) co_return Error{ErrorCode::invalid, action.name + ": actions call each other without end"};
  const Status allowed = plugins_.may_run(action.plugin);
  if (!allowed) co_return allowed.error();
  if (action.result) co_return pure_result(action, input, {}, Bindings());
  if (action.reads_file) {
    auto answer = co_await gate_.read_file(action, std::move(input));
    co_return answer;
  }
  if (connection != nullptr) site.connection = connection->name;
  if (action.request) {
    auto answer = co_await gate_.perform(action, std::move(input), std::move(site));
    co_return answer;
  }
  if (action.located) input = with_location(std::move(input), site.location);
  const Manifest* plugin = catalog_.find_plugin(action.plugin);
  if (plugin == nullptr) co_return Error{ErrorCode::not_found, "plugin \"" + action.plugin + "\" is gone"};
  const Value* overwrite = input.find("overwrite");
  site.overwrites = overwrite != nullptr && overwrite->is_true();
  Services services(*this, action, connection, input, std::move(site), depth);
  auto answer = co_await plugins_.call(*plugin, action, std::move(input), services);
  if (!answer || !action.gives_times) co_return answer;
  co_return with_timestamps(*answer, action.outputs());
}

}  // namespace millrace
