#include "service/pollers.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.hpp"
#include "runtime/performer.hpp"
#include "service/file_listing.hpp"
#include "service/reads_only.hpp"
#include "trigger/watch.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

constexpr Duration file_interval = std::chrono::seconds(2);

Duration interval_of(const TriggerSpec& spec) {
  const auto every = parse_duration(spec.settings.text_or("every"));
  return every ? std::max<Duration>(*every, std::chrono::seconds(1)) : file_interval;
}

}  // namespace

Pollers::Pollers(ServiceWorld world, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources)
    : world_(world), dispatcher_(dispatcher), sources_(sources), scope_(world.loop) {}

Task<void> Pollers::take_over() {
  co_await scope_.stop();
  for (const Listener& listener : sources_->polls()) {
    const auto locations = watched_locations(listener.spec(), *listener.live->workflow, world_.project, world_.catalog);
    if (!locations) {
      log(LogLevel::error, "the watch of " + listener.workflow() + " cannot begin: " + locations.error().message);
      continue;
    }
    for (const std::string& location : *locations) scope_.spawn(watch(listener, location));
  }
}

Task<void> Pollers::stop() { co_await scope_.stop(); }

Task<void> Pollers::watch(Listener listener, std::string location) {
  const Duration interval = interval_of(listener.spec());
  while (true) {
    if (dispatcher_.may_start(listener.workflow())) {
      co_await look(listener, location);
    }
    const bool undisturbed = co_await sleep_for(interval);
    if (!undisturbed) co_return;
  }
}

Task<void> Pollers::look(const Listener& listener, const std::string& location) {
  const std::string name = listener.name();
  const std::string owner = "trigger:" + name;
  const std::string key = location.empty() ? "watch" : "watch/" + location;
  const auto before = co_await world_.store.journal().read_state(owner, key);
  if (!before) co_return;
  const auto output = co_await read(listener, location);
  Result<Watched> seen = output ? compare_watched(listener.spec(), *output, *before) : Result<Watched>(output.error());
  if (!seen) {
    const std::string failure = seen.error().message;
    if (std::exchange(last_failure_[name + key], failure) != failure)
      log(LogLevel::warning, "the watch of " + listener.workflow() + " saw nothing: " + failure);
    co_return;
  }
  last_failure_.erase(name + key);
  if (!dispatcher_.may_start(listener.workflow())) co_return;  // paused meanwhile: what is new waits for a later look
  if (seen->changes.empty() && seen->checkpoint == *before) co_return;
  std::vector<Occurrence> occurrences;
  for (WatchedChange& change : seen->changes) {
    const bool file_is_gone = listener.spec().kind == "file" && change.event.text_or("change") == "removed";
    const Value event = listener.spec().kind == "file" ? *change.event.find("item") : change.event;
    if (file_is_gone || !wants(listener, condition_names(event, world_.clock.now()))) continue;
    Occurrence occurrence;
    occurrence.source = listener.spec().kind + ":" + name;
    occurrence.payload = event;
    occurrence.trigger = listener.spec().kind;
    occurrence.location = location;
    occurrence.listeners.push_back(listener);
    occurrences.push_back(std::move(occurrence));
  }
  std::vector<StateChange> states;
  states.push_back({owner, key, std::move(seen->checkpoint)});
  const auto accepted = co_await dispatcher_.accept_all(std::move(occurrences), std::move(states));
  if (!accepted) log(LogLevel::warning, "the watch of " + name + " is tried again: " + accepted.error().message);
}

Task<Result<Value>> Pollers::read(const Listener& listener, const std::string& location) {
  const TriggerSpec& spec = listener.spec();
  if (spec.kind == "file") {
    const std::filesystem::path folder = world_.folder;
    const std::string pattern = spec.name;
    using Listing = Result<Value>;
    std::function<Listing()> list = [folder, pattern] { return list_files(folder, pattern); };
    auto files = co_await on_worker<Listing>(world_.loop, list);
    co_return files;
  }
  const Action* action = world_.catalog.find_action(spec.name);
  if (action == nullptr) co_return Error{ErrorCode::not_found, "the action " + spec.name + " is not there any more"};
  const auto connection = connection_of(*action, spec.connection, world_.project, world_.catalog);
  if (!connection) co_return connection.error();
  ReadsOnly ledger("a watch only reads");
  const auto gate = dispatcher_.open(*listener.live->workflow, true, ledger);
  Performer performer(world_.catalog, world_.plugins, *gate, world_.clock.now());
  CallSite site;
  site.step = "watch";
  site.key = "watch/" + listener.name();
  site.location = location;
  auto output = co_await performer.perform(*action, *connection, spec.with, std::move(site));
  co_return output;
}

}  // namespace millrace
