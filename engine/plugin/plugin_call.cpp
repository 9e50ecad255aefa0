#include "plugin/plugin_call.hpp"

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "plugin/said.hpp"
#include "value/extent.hpp"
#include "value/json.hpp"

namespace millrace {
namespace {

constexpr unsigned slot_bits = 10;  // of a handle: which plugin; the rest counts calls

/// The handles that are out, of all hosts in this process. A handle tells its plugin even after its call.
class Handles {
 public:
  mr_call* add(std::shared_ptr<PluginCall> call) {
    const std::lock_guard lock(mutex_);
    const std::uintptr_t handle = ++last_ << slot_bits | slot_of(call->plugin());
    calls_.emplace(handle, std::move(call));
    return reinterpret_cast<mr_call*>(handle);
  }
  void remove(const mr_call* handle) {
    const std::lock_guard lock(mutex_);
    calls_.erase(reinterpret_cast<std::uintptr_t>(handle));
  }
  std::shared_ptr<PluginCall> find(const mr_call* handle) {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(reinterpret_cast<std::uintptr_t>(handle));
    return found == calls_.end() ? nullptr : found->second;
  }
  std::string plugin_of(const mr_call* handle) {
    const std::lock_guard lock(mutex_);
    const std::uintptr_t slot = reinterpret_cast<std::uintptr_t>(handle) & ((1u << slot_bits) - 1);
    return slot < plugins_.size() ? plugins_[slot] : "?";
  }

 private:
  std::uintptr_t slot_of(const std::string& plugin) {
    for (std::size_t slot = 0; slot < plugins_.size(); ++slot) {
      if (plugins_[slot] == plugin) return slot;
    }
    if (plugins_.size() + 1 == 1u << slot_bits) return plugins_.size();  // more than anyone has: they go without a name
    plugins_.push_back(plugin);
    return plugins_.size() - 1;
  }

  std::mutex mutex_;
  std::uintptr_t last_ = 0;
  std::vector<std::string> plugins_;
  std::unordered_map<std::uintptr_t, std::shared_ptr<PluginCall>> calls_;
};

Handles& handles() {
  // Never destroyed: a plugin's own thread may outlast `main`.
  static auto& all = *new Handles;
  return all;
}

/// It is read on the loop: a quarter of a second for the largest.
constexpr JsonLimits from_plugin{.max_values = 2'000'000, .mend = true};

mr_text text_of(const std::string& text) noexcept { return {text.data(), text.size()}; }

Error cancelled_error() { return {.code = ErrorCode::cancelled, .message = "it was cancelled"}; }

/// What the services of a call make of one request.
Task<Result<Value>> answer_to(CallServices& services, ServiceRequest& request) {
  Result<Value> result = Value();
  switch (request.kind) {
    case ServiceRequest::Kind::call_action:
      result = co_await services.call_action(request.name, request.value);
      break;
    case ServiceRequest::Kind::http: {
      auto parts = said::http_parts(request.value);
      if (!parts) co_return parts.error();
      const RequestParts built = *parts;
      result = co_await services.http(built);
      break;
    }
    case ServiceRequest::Kind::write_file:
      result = co_await services.write_file(request.name, std::move(request.content));
      break;
    case ServiceRequest::Kind::read_state:
      result = co_await services.read_state(request.name);
      break;
    case ServiceRequest::Kind::write_state:
      result = co_await services.write_state(request.name, request.value);
      break;
    case ServiceRequest::Kind::announce: {
      const std::string action = request.value.text_or("action");
      const Value* count = request.value.find("count");
      constexpr std::int64_t most = 1'000'000'000;
      if (count == nullptr || !count->is(Kind::integer) || count->integer() < 0 || count->integer() > most)
        co_return Error{ErrorCode::invalid, "announce takes {\"action\", \"count\"}, and a count of up to a billion"};
      const std::int64_t changes = count->integer();
      result = co_await services.announce(action, changes);
      break;
    }
    case ServiceRequest::Kind::swap_state:
      result = co_await services.swap_state(request.name, request.expected, request.value);
      break;
  }
  co_return result;
}

}  // namespace

void CallHub::post(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (loop_ != nullptr) loop_->post(std::move(job));
}

void CallHub::enter() {
  const std::lock_guard lock(mutex_);
  ++inside_;
}

void CallHub::leave() {
  const std::lock_guard lock(mutex_);
  if (--inside_ == 0) changed_.notify_all();
}

bool CallHub::close(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const bool unused = changed_.wait_until(lock, deadline.at(), [this] { return inside_ == 0; });
  loop_ = nullptr;
  lock.unlock();
  return answers.stop(deadline) && unused;
}

Reply::~Reply() { give(cancelled_error()); }

void Reply::give(const Result<Value>& result) {
  const Tell tell = std::exchange(tell_, nullptr);
  if (!tell) return;
  const bool ok = static_cast<bool>(result);
  const Value content =
      ok ? *result : Value::object({{"code", name_of(result.error().code)}, {"message", result.error().message}});
  tell(ok, call_ ? call_->told(content) : encode_json(content));
}

PluginCall::PluginCall(std::shared_ptr<CallHub> hub, std::string plugin, CallServices* services, Scope* scope)
    : hub_(std::move(hub)),
      plugin_(std::move(plugin)),
      opening_(services == nullptr),
      now_(services == nullptr ? 0 : services->now().seconds * 1000 + services->now().nanos / 1'000'000),
      zone_(services == nullptr ? "UTC" : services->zone()),
      location_name_(services == nullptr ? "" : services->location_name()),
      services_(services),
      scope_(scope) {}

std::shared_ptr<PluginCall> PluginCall::start(std::shared_ptr<CallHub> hub, std::string plugin, CallServices* services,
                                              Scope* scope) {
  std::shared_ptr<PluginCall> call(new PluginCall(std::move(hub), std::move(plugin), services, scope));
  call->handle_ = handles().add(call);
  return call;
}

std::shared_ptr<PluginCall> PluginCall::find(const mr_call* handle) { return handles().find(handle); }
std::string PluginCall::plugin_of(const mr_call* handle) { return handles().plugin_of(handle); }

std::string PluginCall::told(const Value& value) {
  if (value.contains_unknown()) told_unknown_ = true;
  return encode_marked_json(value);
}

Result<Value> PluginCall::said(std::string_view json) const {
  return parse_marked_json(json, from_plugin, told_unknown_ ? Marks::unknowns : Marks::names_only);
}

void PluginCall::begin(const OpenLibrary& library, const std::string& capability, const std::string& input) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome_) return;  // cancelled while it waited for a thread; the host may be gone
    begun_ = true;
    hub_->enter();
  }
  try {
    library.table->begin(library.self, handle_, text_of(capability), text_of(input));
  } catch (...) {
    end(Error{ErrorCode::internal, "the plugin \"" + plugin_ + "\" let an exception escape"});
  }
  hub_->leave();
}

bool PluginCall::end(Result<Value> outcome) {
  const std::lock_guard lock(mutex_);
  return end_locked(std::move(outcome));
}

bool PluginCall::end_locked(Result<Value> outcome) {
  if (outcome_) return false;
  outcome_.emplace(std::move(outcome));
  handles().remove(handle_);
  // Posted under the lock, so that no request can come to the loop behind the end.
  hub_->post([self = shared_from_this()] { self->news_.announce(); });
  return true;
}

bool PluginCall::ended() {
  const std::lock_guard lock(mutex_);
  return outcome_.has_value();
}

bool PluginCall::ask(ServiceRequest request) {
  const std::lock_guard lock(mutex_);
  if (outcome_) return false;
  if (opening_) {  // the loop waits for the open, so it must not be asked
    request.reply->give(Error{ErrorCode::invalid, "nothing can be asked while a plugin is opened"});
    return true;
  }
  hub_->post([self = shared_from_this(), request = std::move(request)]() mutable { self->serve(std::move(request)); });
  return true;
}

bool PluginCall::emit(Value event) {
  const std::lock_guard lock(mutex_);
  if (outcome_ || !hear_) return false;
  hub_->post([self = shared_from_this(), event = std::move(event)]() mutable {
    if (self->services_ == nullptr) return;
    const Status heard = self->hear_(std::move(event));
    if (!heard) self->end(heard.error());
  });
  return true;
}

void PluginCall::serve(ServiceRequest request) {
  if (services_ == nullptr) {
    request.reply->give(Error{ErrorCode::invalid, "the call has ended"});
  } else if (cancelled_) {
    request.reply->give(cancelled_error());
  } else {
    scope_->spawn(perform(std::move(request)));
  }
}

/// REQUIRES: somebody holds the call until its scope has ended.
Task<void> PluginCall::perform(ServiceRequest request) {
  CallServices& services = *services_;
  const auto room = co_await take_room(services, request);
  Result<Value> result = Value();
  if (room) {
    result = co_await answer_to(services, request);
  } else {
    result = room.error();
  }
  if (!result && result.error().code == ErrorCode::unsure) unsure_ = result.error();
  request.reply->give(result);
}

Task<Status> PluginCall::take_room(CallServices& services, const ServiceRequest& request) {
  using Kind = ServiceRequest::Kind;
  const bool keeps = request.kind == Kind::write_state || request.kind == Kind::swap_state;
  if (!keeps || request.value.is_null() || !hub_->state_room) co_return Done{};
  const std::uint64_t bytes = request.name.size() + bytes_of(request.value);
  const auto taken = co_await hub_->state_room->take(services, bytes);
  if (!taken || hear_) co_return taken;  // what a trigger keeps is in the store when it hears of it
  hub_->state_room->hold_back(bytes);
  state_bytes_ += bytes;
  co_return Done{};
}

void PluginCall::let_go_of_state() noexcept {
  if (hub_->state_room) hub_->state_room->give_back(std::exchange(state_bytes_, 0));
}

bool PluginCall::write_off() {
  return end(unsure_ ? *unsure_ : Error{ErrorCode::cancelled, "called off, and \"" + plugin_ + "\" has not ended it"});
}

bool PluginCall::take_off() {
  const std::lock_guard lock(mutex_);
  begun_ = begun_ || !outcome_;
  return begun_;
}

void PluginCall::cancel(const std::function<void()>& tell) {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (outcome_) return;
  if (begun_) {
    tell();
  } else {
    end_locked(cancelled_error());
  }
}

void PluginCall::cancel(const OpenLibrary& library) {
  cancel([this, &library] {
    if (!MR_HAS(library.table, cancel) || library.table->cancel == nullptr) return;
    hub_->answers.add([self = shared_from_this(), &library] {
      if (self->ended()) return;
      try {
        library.table->cancel(library.self, self->handle());
      } catch (...) {
        log(LogLevel::error, "the plugin \"" + self->plugin() + "\" let an exception escape from cancel");
      }
    });
  });
}

}  // namespace millrace
