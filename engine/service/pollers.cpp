#include "service/pollers.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "gate/gate.hpp"
#include "runtime/performer.hpp"
#include "service/file_listing.hpp"
#include "service/traces.hpp"
#include "trigger/watch.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"
#include "workflow/reach.hpp"

namespace millrace {

namespace {

constexpr Duration file_interval = std::chrono::seconds(2);

Duration interval_of(const TriggerSpec& spec) {
  const auto every = parse_duration(spec.settings.text_or("every"));
  return every ? std::max<Duration>(*every, std::chrono::seconds(1)) : file_interval;
}

/// What cannot be looked at now is not gone: a file that is just being written, or all of a folder that is not there.
/// What was known of it stays known, so that none of it is new when it can be looked at again. The first look remembers
/// what is just being written, too: it has changed by the time that it is finished, and is told then.
Value with_known(const FileListing& listing, const Value& before) {
  Value::List all = listing.files.list();
  const Value* known = before.find("items");
  if (known == nullptr || !known->is_map()) {
    for (const auto& [path, file] : listing.unsettled) all.push_back(file);
    return Value(std::move(all));
  }
  std::set<std::string> listed;
  for (const Value& file : all) listed.insert(file.text_or("path"));
  for (const auto& [path, file] : known->map()) {
    const bool there = !listing.whole || listing.unsettled.contains(path.text());
    if (there && !listed.contains(path.text())) all.push_back(file);
  }
  return Value(std::move(all));
}

}  // namespace

Pollers::Pollers(ServiceWorld world, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources)
    : world_(world), dispatcher_(dispatcher), sources_(sources), scope_(world.loop) {}

Task<void> Pollers::take_over() {
  co_await scope_.stop();
  problems_.clear();
  for (const Listener& listener : sources_->polls()) {
    problems_[listener.name()];
    const auto locations = watched_locations(listener.spec(), *listener.live->workflow, world_.project, world_.catalog);
    if (!locations) {
      note(listener, "watch", "it cannot begin: " + locations.error().message);
      continue;
    }
    for (const std::string& location : *locations) scope_.spawn(watch(listener, location));
  }
}

Task<void> Pollers::stop() { co_await scope_.stop(); }

Task<void> Pollers::watch(Listener listener, std::string location) {
  const Duration interval = interval_of(listener.spec());
  const std::string thing = watched_thing(listener.spec(), address_of(listener.spec()));
  while (true) {
    if (dispatcher_.brakes().may_start(listener.workflow())) {
      co_await look(listener, location, thing);
    }
    const bool undisturbed = co_await sleep_for(interval);
    if (!undisturbed) co_return;
  }
}

Task<void> Pollers::look(const Listener& listener, const std::string& location, const std::string& thing) {
  const std::string name = listener.name();
  const std::string owner = "trigger:" + name;
  const std::string key = location.empty() ? "watch" : "watch/" + location;
  const auto stored = co_await world_.store.journal().read_state(owner, key);
  if (!stored) {
    note(listener, key, "it sees nothing: " + stored.error().message);
    co_return;
  }
  const bool another = !is_of(*stored, thing);
  const Value before = another ? Value() : *stored;
  const auto traces = co_await world_.store.journal().list_states(owner, std::string(trace_prefix));
  if (!traces) {
    note(listener, key, "it sees nothing: " + traces.error().message);
    co_return;
  }
  const bool files = listener.spec().kind == "file";
  auto reading = Result<Reading>(Error{});
  if (files) {
    reading = co_await read_files(listener, before);
  } else {
    reading = co_await read(listener, location);
  }
  const auto seen = reading ? compare_watched(listener.spec(), reading->output, before, thing) : reading.error();
  if (!seen) {
    note(listener, key, "it saw nothing: " + seen.error().message);
    co_return;
  }
  note(listener, key, reading->left_out);
  // Paused meanwhile: what is new waits for a later look.
  if (!dispatcher_.brakes().may_start(listener.workflow())) co_return;
  std::vector<StateChange> states;
  for (const auto& [trace, left] : *traces) {
    // What a run has changed may be seen only later: a file may still be quiet for too short a time.
    const auto seen_now = [&trace = trace](const WatchedChange& change) { return led_to(trace, change); };
    const bool spent = std::any_of(seen->changes.begin(), seen->changes.end(), seen_now);
    if (spent || (!files && is_past(left, interval_of(listener.spec()), world_.clock.now())))
      states.push_back({owner, trace, Value()});
  }
  if (seen->changes.empty() && states.empty() && before.text_or("of") == thing) co_return;
  std::vector<Occurrence> occurrences;
  for (const WatchedChange& change : seen->changes) {
    const bool file_is_gone = files && change.event.text_or("change") == "removed";
    const Value event = files ? *change.event.find("item") : change.event;
    if (file_is_gone) continue;
    Occurrence occurrence;
    occurrence.source = listener.spec().kind + ":" + name;
    occurrence.payload = event;
    occurrence.trigger = listener.spec().kind;
    occurrence.location = location;
    occurrence.chain = chain_of(*traces, change);
    offer(occurrence, listener, condition_names(event, world_.clock.now()));
    if (concerns_anybody(occurrence)) occurrences.push_back(std::move(occurrence));
  }
  states.push_back({owner, key, seen->checkpoint});
  const auto accepted = co_await dispatcher_.accept_all(std::move(occurrences), std::move(states));
  if (!accepted) log(LogLevel::warning, "the watch of " + name + " is tried again: " + accepted.error().message);
  if (accepted && another)
    log(LogLevel::info, "the watch of " + name + " looks at something else than before: what is there now is not new");
}

/// Where a watch looks; files have no address.
std::string Pollers::address_of(const TriggerSpec& spec) const {
  const Action* action = world_.catalog.find_action(spec.name);
  if (action == nullptr) return "";
  const auto connection = connection_of(*action, spec.connection, world_.project, world_.catalog);
  return connection && *connection != nullptr ? (*connection)->name + " " + (*connection)->base_url : "";
}

void Pollers::note(const Listener& listener, const std::string& key, const std::string& problem) {
  std::string& told = problems_[listener.name()][key];
  if (std::exchange(told, problem) != problem && !problem.empty())
    log(LogLevel::warning, "the watch of " + listener.workflow() + ": " + problem);
}

std::map<std::string, std::string> Pollers::problems() const {
  std::map<std::string, std::string> found;
  for (const auto& [name, keys] : problems_) {
    std::string& problem = found[name];
    for (const auto& [key, one] : keys) {
      if (problem.empty()) problem = one;
    }
  }
  return found;
}

Task<Result<Pollers::Reading>> Pollers::read_files(const Listener& listener, Value before) {
  const auto pattern = FilePattern::parse(listener.spec().name);
  if (!pattern) co_return pattern.error();
  const std::filesystem::path folder = world_.folder;
  using Listing = Result<FileListing>;
  std::function<Listing()> list = [folder, wanted = *pattern, own = OwnFiles(folder, world_.project)] {
    return list_files(folder, wanted, own);
  };
  auto listing = co_await on_worker<Listing>(world_.loop, list);
  if (!listing) co_return listing.error();
  Reading reading{with_known(*listing, before), join(listing->problems, "; ")};
  co_return reading;
}

Task<Result<Pollers::Reading>> Pollers::read(const Listener& listener, const std::string& location) {
  const TriggerSpec& spec = listener.spec();
  const Action* action = world_.catalog.find_action(spec.name);
  if (action == nullptr) co_return Error{ErrorCode::not_found, "the action " + spec.name + " is not there any more"};
  const auto connection = connection_of(*action, spec.connection, world_.project, world_.catalog);
  if (!connection) co_return connection.error();
  GateRules rules;
  rules.bounds = bounds_on(*listener.live->workflow, &world_.project);
  const auto gate = open_reading_gate(world_.courier, world_.store.states(), "a watch", std::move(rules));
  Performer performer(world_.project, world_.catalog, world_.plugins, *gate, world_.clock.now(),
                      world_.project.timezone);
  CallSite site;
  site.step = "watch";
  site.key = "watch/" + listener.name();
  site.location = location;
  site.lane = BudgetLane::scheduled;
  auto output = co_await performer.perform(*action, *connection, spec.with, std::move(site));
  if (!output) co_return output.error();
  Reading reading{std::move(*output), ""};
  co_return reading;
}

}  // namespace millrace
