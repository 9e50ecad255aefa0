#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "abi/millrace_plugin.h"
#include "async/loop.hpp"
#include "base/result.hpp"
#include "plugin/answer_thread.hpp"
#include "plugin/call_places.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/state_room.hpp"
#include "value/value.hpp"

namespace millrace {

/// A library that has been loaded, checked and opened.
struct OpenLibrary {
  std::string name;
  const mr_plugin* table = nullptr;
  void* self = nullptr;
};

/// What the calls of one plugin share. It outlives the host as long as a thread still holds an answer to be given.
class CallHub {
 public:
  explicit CallHub(Loop& loop, std::size_t most_calls = 8) : places(most_calls), loop_(&loop) {}
  AnswerThread answers;
  CallPlaces places;                    ///< loop only
  std::optional<StateRoom> state_room;  ///< loop only; nothing: what they keep is not bounded

  /// Calls `job` on the loop, soon; drops it where the host has been closed. Any thread.
  void post(std::function<void()> job);
  void enter();
  void leave();
  /// The host goes. False where at `deadline` a thread is in the plugin still, or in a host function on behalf of its
  /// calls: what that uses has to stay for good.
  bool close(Deadline deadline);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Loop* loop_;  // nullptr: closed
  int inside_ = 0;
};

class PluginCall;

/// The answer to one request of a plugin: given exactly once, with "cancelled" where nobody gave another.
class Reply {
 public:
  /// Takes the JSON of what a service gives, or of {"code", "message"}.
  using Tell = std::function<void(bool ok, std::string json)>;
  /// `call` is nullptr where it is not known, and then hears of nothing but an error.
  Reply(std::shared_ptr<PluginCall> call, Tell tell) : call_(std::move(call)), tell_(std::move(tell)) {}
  ~Reply();
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  void give(const Result<Value>& result);

 private:
  std::shared_ptr<PluginCall> call_;
  Tell tell_;
};

/// What a plugin asks of the host.
struct ServiceRequest {
  enum class Kind : std::uint8_t { call_action, http, write_file, read_state, write_state, announce, swap_state };
  Kind kind;
  std::string name;  ///< the action, path or key
  Value value;
  std::shared_ptr<Reply> reply;
  Value expected = {};       ///< of a swap
  std::string content = {};  ///< of a file; apart from `value`, so that what may be large is never held twice
};

/// An open or an action under way, from the engine's side.
///
/// Plugins hold a handle, never a pointer: whatever they do with one after the end of its call is noticed and does no
/// harm.
class PluginCall : public std::enable_shared_from_this<PluginCall> {
 public:
  /// `services` and `scope` are nullptr during an open. They are used on the loop only, until `detach`.
  static std::shared_ptr<PluginCall> start(std::shared_ptr<CallHub> hub, std::string plugin, CallServices* services,
                                           Scope* scope);
  /// The call behind a handle; nullptr where it has ended.
  static std::shared_ptr<PluginCall> find(const mr_call* handle);
  /// The plugin that was given the handle once, for messages.
  static std::string plugin_of(const mr_call* handle);

  const std::string& plugin() const noexcept { return plugin_; }
  const std::shared_ptr<CallHub>& hub() const noexcept { return hub_; }
  mr_call* handle() const noexcept { return handle_; }
  /// The run's time in milliseconds since 1970; 0 during an open. Any thread.
  std::int64_t now() const noexcept { return now_; }
  const std::string& zone() const noexcept { return zone_; }                    ///< any thread
  const std::string& location_name() const noexcept { return location_name_; }  ///< any thread

  /// The JSON in which the plugin is told a value. Any thread.
  std::string told(const Value& value);
  /// What the plugin says: an unknown can be in it only where it was told one before, so in a live run never. Any
  /// thread.
  Result<Value> said(std::string_view json) const;

  /// Calls the plugin's `begin`, on a thread that may be blocked, unless the call has been cancelled before.
  void begin(const OpenLibrary& library, const std::string& capability, const std::string& input);
  /// Any thread; false where the call had ended before.
  bool end(Result<Value> outcome);
  /// Any thread; false where the call had ended before.
  bool ask(ServiceRequest request);
  /// Any thread; false where the call had ended before, or where nobody hears.
  bool emit(Value event);
  /// Loop only: the plugin gets it now; false where it has been cancelled before.
  bool take_off();
  /// Loop only: asks the plugin to stop; `tell` is called where it has the call.
  void cancel(const std::function<void()>& tell);
  /// The same for a library in this program.
  void cancel(const OpenLibrary& library);
  /// Loop only: its time is over, and the plugin does not end it. `unsure` where that holds for one of its requests;
  /// false where the call had ended before.
  bool write_off();
  bool cancelled() const noexcept { return cancelled_; }
  /// Loop only: announced when the call has ended.
  News& news() noexcept { return news_; }
  /// Before `begin`: it is a trigger's call, and its events are wanted on the loop.
  void hear_with(std::function<Status(Value)> hear) { hear_ = std::move(hear); }
  /// Loop only: from now on requests are refused and events not heard.
  void detach() noexcept { services_ = nullptr; }
  /// Loop only: none of its requests is under way any more, and what it has written is held back no longer.
  void let_go_of_state() noexcept;
  /// What the plugin ended it with; where it was called off and a request of it is unsure, that. REQUIRES: the call has
  /// ended.
  Result<Value> outcome() const { return cancelled_ && unsure_ ? Result<Value>(*unsure_) : *outcome_; }
  bool ended();
  /// Loop only: what a request of it was answered with, where it is not known whether that happened.
  const std::optional<Error>& unsure() const noexcept { return unsure_; }

 private:
  PluginCall(std::shared_ptr<CallHub> hub, std::string plugin, CallServices* services, Scope* scope);
  bool end_locked(Result<Value> outcome);
  void serve(ServiceRequest request);
  Task<void> perform(ServiceRequest request);
  Task<Status> take_room(CallServices& services, const ServiceRequest& request);

  std::shared_ptr<CallHub> hub_;
  std::string plugin_;
  const bool opening_;
  const std::int64_t now_;
  const std::string zone_, location_name_;
  CallServices* services_;
  Scope* scope_;
  std::function<Status(Value)> hear_;
  mr_call* handle_ = nullptr;
  News news_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> told_unknown_ = false;
  std::optional<Error> unsure_;    // loop only: what a request of it was answered with
  std::uint64_t state_bytes_ = 0;  // loop only: what it writes to its plugin's state, and holds back until it has ended

  std::mutex mutex_;  // guards what follows
  bool begun_ = false;
  std::optional<Result<Value>> outcome_;
};

}  // namespace millrace
