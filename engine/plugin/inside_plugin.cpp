#include "plugin/inside_plugin.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "abi/load_table.hpp"
#include "async/workers.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "plugin/library.hpp"
#include "plugin/plugin_call.hpp"

namespace millrace {
namespace {

constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

/// Triggers have no places, but those that never came back are not multiplied.
constexpr std::size_t most_stuck_listeners = 8;

/// The depth of a trigger's call, which has no place.
constexpr int listens = -1;

/// A call that has a thread in the library, as seen from the loop.
struct Visit {
  std::string what;  ///< for people: "misc.block (step \"slow\" of prune-tags)"
  int depth = 0;
  bool written_off = false;
};

/// What the threads in the library use. Left behind where one of them does not come back.
struct Rooms {
  explicit Rooms(Loop& loop) : hub(std::make_shared<CallHub>(loop)) {}

  std::shared_ptr<CallHub> hub;
  OpenLibrary library;
  std::map<const mr_call*, Visit> visits;  // loop only
  // Bounded by the places of calls, and by the triggers that there are. Those that listen hold theirs for good.
  Workers threads{unbounded};
  Workers listening{unbounded};
};

/// Runs before all that was to be run at the end: a thread that is left behind uses what that would take apart.
void end_at_once(int status, void*) {
  std::fflush(nullptr);
  _exit(status);
}

class InsidePlugin final : public OpenPlugin {
 public:
  InsidePlugin(Loop& loop, std::unique_ptr<Rooms> rooms, const PluginOptions& options)
      : loop_(loop), rooms_(std::move(rooms)), grace_(options.grace), farewell_(options.farewell) {}
  ~InsidePlugin() override;

  Status open_now() override { return Done{}; }
  Task<Result<Value>> call(std::string capability, Handed input, CallServices& services) override;
  Task<Status> listen(std::string capability, Handed with, CallServices& services,
                      std::function<Status(Value)> hear) override;
  /// What a library in this program is in, it goes on with.
  void forbid(const std::string&) override {}
  bool bring_back() override { return false; }
  void add_troubles(std::vector<PluginTrouble>& troubles) const override;

 private:
  CallPlaces& places() const noexcept { return rooms_->hub->places; }
  const std::string& name() const noexcept { return rooms_->library.name; }
  Error worn_out() const;
  Result<Value> in_form(const Handed& given) const {
    return given.in_form(times_in_milliseconds(*rooms_->library.table));
  }
  std::function<void()> visit_of(std::shared_ptr<PluginCall> call, Visit visit, std::string capability,
                                 std::string input);
  void come_back(const mr_call* handle);
  void write_off(PluginCall& call);
  Task<void> write_off_after_grace(PluginCall& call);
  Task<Result<Value>> until_ended(std::shared_ptr<PluginCall> call, Scope& requests);

  Loop& loop_;
  std::unique_ptr<Rooms> rooms_;
  const Duration grace_, farewell_;
  const std::shared_ptr<const bool> here_ = std::make_shared<bool>(true);  // expired: `this` is gone
};

InsidePlugin::~InsidePlugin() {
  if (rooms_->hub->close(Deadline::in(farewell_))) {
    rooms_->library.table->close(rooms_->library.self);
    return;
  }
  log(LogLevel::warning, "the plugin \"" + name() + "\" does not come back from what it does, and is left behind");
  static_cast<void>(rooms_.release());
  on_exit(end_at_once, nullptr);
}

Error InsidePlugin::worn_out() const {
  return {ErrorCode::unavailable, "the plugin \"" + name() +
                                      "\" takes no more calls: its places are held by calls that it has not ended "
                                      "when their time was over; start the engine again"};
}

Task<Result<Value>> InsidePlugin::call(std::string capability, Handed input, CallServices& services) {
  const auto given = in_form(input);
  if (!given) co_return given.error();
  const int depth = services.depth();
  const bool admitted = co_await places().take(name(), depth);
  if (!admitted && places().all_lost(name(), depth)) co_return worn_out();
  if (!admitted) co_return Error{ErrorCode::cancelled, "called off"};
  Scope requests(loop_);
  const auto call = PluginCall::start(rooms_->hub, name(), &services, &requests);
  rooms_->threads.gather(visit_of(call, {services.origin(), depth}, std::move(capability), call->told(*given)),
                         [this](std::function<void()> turn) { loop_.post(std::move(turn)); });
  auto outcome = co_await until_ended(call, requests);
  co_return outcome;
}

Task<Status> InsidePlugin::listen(std::string capability, Handed with, CallServices& services,
                                  std::function<Status(Value)> hear) {
  const auto given = in_form(with);
  if (!given) co_return given.error();
  std::size_t stuck = 0;
  for (const auto& [handle, visit] : rooms_->visits) stuck += visit.depth == listens && visit.written_off ? 1 : 0;
  if (stuck >= most_stuck_listeners) co_return worn_out();
  Scope requests(loop_);
  const auto call = PluginCall::start(rooms_->hub, name(), &services, &requests);
  call->hear_with(std::move(hear));
  rooms_->listening.add(visit_of(call, {services.origin(), listens}, std::move(capability), call->told(*given)));
  const auto outcome = co_await until_ended(call, requests);
  if (!outcome) co_return outcome.error();
  co_return Done{};
}

/// The place is given back when the thread is free again, which may be before the call has ended, or after.
std::function<void()> InsidePlugin::visit_of(std::shared_ptr<PluginCall> call, Visit visit, std::string capability,
                                             std::string input) {
  visit.what = name() + "." + capability + (visit.what.empty() ? "" : " (" + visit.what + ")");
  rooms_->visits.emplace(call->handle(), std::move(visit));
  return [this, here = std::weak_ptr(here_), hub = rooms_->hub.get(), library = &rooms_->library,
          call = std::move(call), capability = std::move(capability), input = std::move(input)] {
    call->begin(*library, capability, input);
    hub->post([this, here, handle = call->handle()] {
      if (!here.expired()) come_back(handle);
    });
  };
}

void InsidePlugin::come_back(const mr_call* handle) {
  const auto visit = rooms_->visits.extract(handle);
  const auto& [what, depth, written_off] = visit.mapped();
  if (written_off) log(LogLevel::info, "the plugin \"" + name() + "\" has come back from " + what);
  if (depth == listens) return;
  if (written_off) places().find(name(), depth);
  places().give_back(name(), depth);
}

void InsidePlugin::write_off(PluginCall& call) {
  const auto visit = rooms_->visits.find(call.handle());
  if (!call.write_off() || visit == rooms_->visits.end()) return;  // it ended, or holds no thread
  visit->second.written_off = true;
  if (visit->second.depth != listens) places().lose(name(), visit->second.depth);
}

Task<void> InsidePlugin::write_off_after_grace(PluginCall& call) {
  const bool over = co_await sleep_for(grace_);
  if (over) write_off(call);
}

Task<Result<Value>> InsidePlugin::until_ended(std::shared_ptr<PluginCall> call, Scope& requests) {
  const bool undisturbed = co_await call->news().wait();
  if (!undisturbed) {
    Scope grace(loop_);
    grace.spawn(write_off_after_grace(*call));
    call->cancel(rooms_->library);
    co_await requests.stop();  // a plugin that waits for an answer hears "cancelled"
    while (!call->ended()) {
      co_await call->news().wait_for_good();
    }
    co_await grace.stop();
  }
  call->detach();
  co_await requests.done();
  co_return call->outcome();
}

void InsidePlugin::add_troubles(std::vector<PluginTrouble>& troubles) const {
  std::vector<std::string> stuck;
  for (const auto& [handle, visit] : rooms_->visits) {
    if (visit.written_off) stuck.push_back(visit.what);
  }
  if (stuck.empty()) return;
  troubles.push_back(
      {name(), "it does not come back from " + counted(stuck.size(), "call") +
                   ", each of which holds a thread until the engine is started again: " + join(stuck, ", ")});
}

}  // namespace

Result<std::unique_ptr<OpenPlugin>> load_inside(Loop& loop, const std::string& name, const std::filesystem::path& file,
                                                const PluginOptions& options) {
  auto rooms = std::make_unique<Rooms>(loop);
  rooms->library = TRY(load_library(file, name, rooms->hub));
  return std::unique_ptr<OpenPlugin>(std::make_unique<InsidePlugin>(loop, std::move(rooms), options));
}

}  // namespace millrace
