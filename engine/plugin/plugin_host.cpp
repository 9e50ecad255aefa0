#include "plugin/plugin_host.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "async/workers.hpp"
#include "plugin/host_table.hpp"
#include "plugin/library_digest.hpp"
#include "plugin/plugin_call.hpp"
#include "value/json.hpp"

namespace millrace {
namespace {

constexpr const char* entry_name = "mr_plugin_entry";
using Entry = const mr_plugin* (*)();

Error refusal(ErrorCode code, std::string why) { return {.code = code, .message = std::move(why)}; }

std::string last_dl_error() {
  const char* message = dlerror();
  return message != nullptr ? message : "no reason was given";
}

/// The contract's fields in the order in which they may be trusted: the size first, then what it covers.
Status check_table(const mr_plugin* table, const std::string& name) {
  if (table == nullptr) return refusal(ErrorCode::invalid, std::string(entry_name) + " gave nothing");
  if (!MR_HAS(table, abi_major)) return refusal(ErrorCode::invalid, "its table is too short to hold a version");
  if (table->abi_major != MR_ABI_MAJOR) {
    return refusal(ErrorCode::invalid, "it was built for version " + std::to_string(table->abi_major) +
                                           " of the plugin contract, and this program speaks version " +
                                           std::to_string(MR_ABI_MAJOR) +
                                           ": build it again with this program's header");
  }
  if (!MR_HAS(table, begin)) return refusal(ErrorCode::invalid, "its table ends before \"begin\"");
  const std::string own(table->name.data != nullptr ? table->name.data : "",
                        table->name.data != nullptr ? table->name.size : 0);
  if (own != name)
    return refusal(ErrorCode::invalid, "its library calls itself \"" + own + "\", its manifest \"" + name + "\"");
  const std::pair<const char*, bool> functions[] = {
      {"open", table->open != nullptr}, {"close", table->close != nullptr}, {"begin", table->begin != nullptr}};
  for (const auto& [function, there] : functions) {
    if (!there) return refusal(ErrorCode::invalid, "its table has no \"" + std::string(function) + "\"");
  }
  return Done{};
}

class LoadedPlugins : public PluginHost {
 public:
  LoadedPlugins(Loop& loop, std::vector<std::string> trust)
      : hub_(std::make_shared<CallHub>(loop)), trust_(std::move(trust)) {}
  ~LoadedPlugins() override;

  Status open(const Manifest& plugin) override;
  Task<Result<Value>> call(const Manifest& plugin, const Action& action, Value input, CallServices& services) override;
  Task<Status> listen(const Manifest& plugin, const Trigger& trigger, Value with, CallServices& services,
                      std::function<Status(Value)> hear) override;

 private:
  Result<Library> load(const Manifest& plugin);
  void begin_action(std::shared_ptr<PluginCall> call, const Library& library, std::string name, std::string input,
                    int depth);
  Task<Result<Value>> until_ended(std::shared_ptr<PluginCall> call, const Library& library, Scope& requests);
  Status check_trust(const std::filesystem::path& file) const;
  Result<void*> open_library(const mr_plugin* table, const std::string& name);

  std::shared_ptr<CallHub> hub_;
  std::vector<std::string> trust_;
  std::map<std::string, Result<Library>> libraries_;  // also those that were refused
  // Bounded by the places of calls, and by the triggers that there are. Those that listen hold theirs for good.
  Workers threads_{std::numeric_limits<std::size_t>::max()};
  Workers listening_{std::numeric_limits<std::size_t>::max()};
};

LoadedPlugins::~LoadedPlugins() {
  hub_->wait_until_unused();
  hub_->answers.stop();
  for (const auto& [name, library] : libraries_) {
    if (library) library->table->close(library->self);
  }
}

Status LoadedPlugins::check_trust(const std::filesystem::path& file) const {
  const std::string digest = "sha256:" + TRY(sha256_of(file));
  if (std::find(trust_.begin(), trust_.end(), digest) != trust_.end()) return Done{};
  return refusal(
      ErrorCode::denied,
      "its library did not come with Millrace and is not trusted; if you trust it, put this into millrace.yaml: "
      "trust: [\"" +
          digest + "\"]");
}

Result<void*> LoadedPlugins::open_library(const mr_plugin* table, const std::string& name) {
  const auto call = PluginCall::start(hub_, name, nullptr, nullptr);
  void* self = nullptr;
  try {
    self = table->open(&host_table(), call->handle(), {"{}", 2});
  } catch (...) {
    call->end(refusal(ErrorCode::internal, "an exception escaped"));
  }
  call->end(Value());
  if (!call->outcome()) return call->outcome().error().within("it could not be opened");
  if (self == nullptr) return refusal(ErrorCode::internal, "it could not be opened and gave no reason");
  return self;
}

Result<Library> LoadedPlugins::load(const Manifest& plugin) {
  const std::filesystem::path file = plugin.folder / (plugin.name + ".so");
  if (!plugin.shipped) TRY(check_trust(file));
  // Never closed: threads and exit handlers of a library outlive every moment at which it could be.
  void* handle = dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return refusal(ErrorCode::invalid, "its library cannot be loaded: " + last_dl_error());
  void* symbol = dlsym(handle, entry_name);
  if (symbol == nullptr) {
    return refusal(ErrorCode::invalid, "its library has no function " + std::string(entry_name) + ", or hides it");
  }
  const mr_plugin* table = nullptr;
  try {
    table = reinterpret_cast<Entry>(symbol)();
  } catch (...) {
    return refusal(ErrorCode::internal, "an exception escaped from " + std::string(entry_name));
  }
  TRY(check_table(table, plugin.name));
  void* self = TRY(open_library(table, plugin.name));
  return Library{plugin.name, table, self};
}

Status LoadedPlugins::open(const Manifest& plugin) {
  auto found = libraries_.find(plugin.name);
  if (found == libraries_.end()) {
    auto library = load(plugin);
    if (!library) library = library.error().within("plugin \"" + plugin.name + "\" was refused");
    found = libraries_.emplace(plugin.name, std::move(library)).first;
  }
  if (!found->second) return found->second.error();
  return Done{};
}

Task<Result<Value>> LoadedPlugins::call(const Manifest& plugin, const Action& action, Value input,
                                        CallServices& services) {
  const Status opened = open(plugin);
  if (!opened) co_return opened.error();
  const Library& library = *libraries_.at(plugin.name);
  const int depth = services.depth();
  const bool admitted = co_await hub_->places.take(plugin.name, depth);
  if (!admitted) co_return Error{ErrorCode::cancelled, "called off"};
  Scope requests(hub_->loop);
  const auto call = PluginCall::start(hub_, plugin.name, &services, &requests);
  begin_action(call, library, action.name.substr(plugin.name.size() + 1), call->told(input), depth);
  auto outcome = co_await until_ended(call, library, requests);
  co_return outcome;
}

/// The place is given back when the thread is free again, which may be before the call has ended, or after.
void LoadedPlugins::begin_action(std::shared_ptr<PluginCall> call, const Library& library, std::string name,
                                 std::string input, int depth) {
  threads_.add([hub = hub_, call = std::move(call), &library, name = std::move(name), input = std::move(input), depth] {
    call->begin(library, name, input);
    hub->loop.post([hub, plugin = library.name, depth] { hub->places.give_back(plugin, depth); });
  });
}

Task<Status> LoadedPlugins::listen(const Manifest& plugin, const Trigger& trigger, Value with, CallServices& services,
                                   std::function<Status(Value)> hear) {
  const Status opened = open(plugin);
  if (!opened) co_return opened.error();
  const Library& library = *libraries_.at(plugin.name);
  Scope requests(hub_->loop);
  const auto call = PluginCall::start(hub_, plugin.name, &services, &requests);
  call->hear_with(std::move(hear));
  std::function<void()> work = [call, &library, name = trigger.name.substr(plugin.name.size() + 1),
                                text = call->told(with)] { call->begin(library, name, text); };
  listening_.add(std::move(work));
  const auto outcome = co_await until_ended(call, library, requests);
  if (!outcome) co_return outcome.error();
  co_return Done{};
}

Task<Result<Value>> LoadedPlugins::until_ended(std::shared_ptr<PluginCall> call, const Library& library,
                                               Scope& requests) {
  const bool undisturbed = co_await call->news().wait();
  if (!undisturbed) {
    call->cancel(library);
    co_await requests.stop();  // a plugin that waits for an answer hears "cancelled"
    while (!call->ended()) {
      co_await call->news().wait_for_good();
    }
  }
  call->detach();
  co_await requests.done();
  co_return call->outcome();
}

}  // namespace

std::unique_ptr<PluginHost> open_plugin_host(Loop& loop, std::vector<std::string> trust) {
  return std::make_unique<LoadedPlugins>(loop, std::move(trust));
}

}  // namespace millrace
