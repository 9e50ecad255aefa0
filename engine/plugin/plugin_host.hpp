#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "catalog/request.hpp"
#include "value/value.hpp"

namespace millrace {

/// What a plugin's library may ask of the engine during one call. Called on the loop.
class CallServices {
 public:
  virtual ~CallServices() = default;
  virtual Task<Result<Value>> call_action(std::string action, Value input) = 0;
  virtual Task<Result<Value>> http(RequestParts request) = 0;
  virtual Task<Result<Value>> write_file(std::string path, std::string content) = 0;
  virtual Task<Result<Value>> read_state(std::string key) = 0;
  virtual Task<Result<Value>> write_state(std::string key, Value value) = 0;
  /// Gives {"swapped", "value"}.
  virtual Task<Result<Value>> swap_state(std::string key, Value expected, Value value) = 0;
  /// How many bytes the plugin keeps, without what this call has written.
  virtual Task<Result<std::uint64_t>> state_size() { co_return std::uint64_t{0}; }
  /// Before the first of `count` changes by `action`: `limited` where they would pass a safety limit.
  virtual Task<Result<Value>> announce(std::string action, std::int64_t count) = 0;
  /// The run's time, the same for all its calls.
  virtual Timestamp now() const = 0;
  /// The zone in which people read its times.
  virtual std::string zone() const { return "UTC"; }
  /// How people call the location of this call; empty where it has none.
  virtual std::string location_name() const { return {}; }
  /// Inside how many other calls this one is.
  virtual int depth() const { return 0; }
  /// The library died, and the call is begun anew: what it asks from now on it asks as if for the first time.
  virtual void begin_again() {}
  /// The step from which it comes, as people know it: "removed[3]".
  virtual std::string step() const { return {}; }
  /// For people, where it comes from: "step \"removed[3]\" of prune-tags". Empty where nobody knows.
  virtual std::string origin() const { return {}; }
};

/// What is wrong with a plugin as it runs.
struct PluginTrouble {
  std::string plugin;
  std::string what;  ///< a sentence for people
};

/// The libraries of plugins: loaded at their first call, in this program or in processes of their own. Loop thread
/// only.
class PluginHost {
 public:
  virtual ~PluginHost() = default;

  /// Loads, checks and opens the library of `plugin` if that has not happened yet: version, size of its table, names
  /// against the manifest, trust, `open`. The refusal is a sentence, and it is remembered.
  virtual Status open(const Manifest& plugin) = 0;

  /// Runs an action on a thread that it may block: none of the loop's workers, which its services need. Where too many
  /// calls of the plugin are under way, it waits for its turn. REQUIRES: `services` outlives the call. Cancelling the
  /// awaiting task asks the plugin to stop and waits until it has ended the call, or until a grace is over: then the
  /// call is written off. Where all places of the plugin are held by such calls, it is `unavailable`.
  virtual Task<Result<Value>> call(const Manifest& plugin, const Action& action, Value input,
                                   CallServices& services) = 0;

  /// Runs a trigger on a thread of its own until the awaiting task is cancelled or the plugin gives up. `hear` is
  /// called on the loop for each event, in order; where it fails, the plugin is told to stop, and that is the outcome.
  virtual Task<Status> listen(const Manifest& plugin, const Trigger& trigger, Value with, CallServices& services,
                              std::function<Status(Value)> hear) = 0;

  /// The plugins that nothing may be asked of from now on, each with the reason; those named before and not now may be
  /// used again. What they have under way apart is ended.
  virtual void forbid(const std::map<std::string, std::string>& plugins) { static_cast<void>(plugins); }
  /// `denied`, with the reason, for such a one; of plugins without a library, too.
  virtual Status may_run(const std::string& plugin) const {
    static_cast<void>(plugin);
    return Done{};
  }

  /// Tries a plugin that is out of service at once, as if it had never failed; false where it is not out of service.
  virtual bool bring_back(const std::string& plugin) {
    static_cast<void>(plugin);
    return false;
  }

  /// What somebody should look at, as it is now.
  virtual std::vector<PluginTrouble> troubles() const { return {}; }
};

/// Which plugins run in processes of their own, and how long things may take.
struct PluginOptions {
  enum class Apart : std::uint8_t {
    strangers,  ///< those that did not come with Millrace
    all,
    none,  ///< all run in this program, as if they had come with it
  };
  Apart apart = Apart::strangers;
  std::vector<std::string> files_unguarded = {};  ///< plugins that run although the kernel guards no files
  std::filesystem::path program = {};             ///< of those that run apart; empty: `millrace-plugin` beside this one
  int most_landlock = 1000;      ///< for tests: use no younger version of the kernel's guard over files
  std::uint64_t data_bytes = 0;  ///< what one that runs apart may have in memory; 0: what its manifest says
  bool wait_while_out = false;  ///< calls of a plugin that is out of service wait until it is back, in place of failing
  Duration grace = std::chrono::seconds(5);          ///< for a call that was told to stop
  Duration farewell = std::chrono::seconds(1);       ///< for libraries in this program that are in something at its end
  Duration longest_call = std::chrono::minutes(10);  ///< apart, where the step has no shorter limit
  Duration rest = std::chrono::minutes(10);  ///< the first of a plugin that is out of service; then twice as long
};

/// `trust` holds the pins (catalog/pin.hpp) of libraries that did not come with Millrace. REQUIRES: `loop` and the
/// manifests outlive it; plugins that run apart are called from the thread that lives longest, for they end with it.
/// Where at its end a library in this program does not come back from what it does, its threads are left behind, and
/// the program ends without taking apart what they use.
std::unique_ptr<PluginHost> open_plugin_host(Loop& loop, std::vector<std::string> trust, PluginOptions options = {});

}  // namespace millrace
