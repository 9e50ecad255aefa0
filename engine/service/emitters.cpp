#include "service/emitters.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "gate/gate.hpp"
#include "runtime/performer.hpp"
#include "trigger/delivery.hpp"
#include "value/json.hpp"
#include "workflow/connections.hpp"
#include "workflow/reach.hpp"

namespace millrace {

namespace {

constexpr Duration shortest_pause = std::chrono::seconds(1);
constexpr Duration longest_pause = std::chrono::minutes(5);

/// A call that has gone on for so long works.
constexpr Duration proof = std::chrono::seconds(30);

/// More than this is not held in memory: a plugin that emits faster than the disk takes it has to begin anew.
constexpr std::size_t most_unwritten = 10'000;

}  // namespace

class Emitters::Emitter final : public Hearer {
 public:
  Emitter(Loop& loop, Listener of) : listener(std::move(of)), listening(loop), writing(loop) {}

  Status hear(Value event) override {
    if (unwritten.size() >= most_unwritten)
      return Error{ErrorCode::limited, "it emits events faster than they can be written down"};
    failure.clear();
    unwritten.push_back(std::move(event));
    emitted.announce();
    return Done{};
  }
  Task<bool> settled() override {
    while (!unwritten.empty()) {
      const bool undisturbed = co_await written.wait();
      if (!undisturbed) co_return false;
    }
    co_return true;
  }
  std::string owner() const override { return "trigger:" + listener.name(); }

  const Listener listener;
  std::deque<Value> unwritten;
  News emitted, written;
  std::string failure;
  std::optional<Deadline> proven;  ///< while a call is under way
  Scope listening, writing;
};

Emitters::Emitters(ServiceWorld world, Dispatcher& dispatcher, const std::shared_ptr<Sources>& sources)
    : world_(world), dispatcher_(dispatcher), sources_(sources) {}

Emitters::~Emitters() = default;

Task<void> Emitters::take_over() {
  std::map<std::string, Listener> wanted;
  for (const Listener& listener : sources_->emitters())
    wanted.emplace(listener.name() + " " + listener.live->hash, listener);
  std::map<std::string, std::unique_ptr<Emitter>> gone;
  for (auto each = emitters_.begin(); each != emitters_.end();) {
    const auto here = each++;
    if (wanted.erase(here->first) == 0) gone.insert(emitters_.extract(here));
  }
  for (const auto& [name, emitter] : gone) co_await stop(*emitter);
  for (const auto& [name, listener] : wanted) {
    Emitter& emitter = *(emitters_[name] = std::make_unique<Emitter>(world_.loop, listener));
    emitter.listening.spawn(listen(emitter));
    emitter.writing.spawn(write(emitter));
  }
}

Task<void> Emitters::stop() {
  for (const auto& [name, emitter] : emitters_) co_await stop(*emitter);
  emitters_.clear();
}

Task<void> Emitters::stop(Emitter& emitter) {
  co_await emitter.listening.stop();
  co_await emitter.writing.stop();
  while (!emitter.unwritten.empty()) {
    const auto accepted = co_await accept(emitter);
    if (!accepted) co_return;
    emitter.unwritten.pop_front();
  }
}

Task<void> Emitters::listen(Emitter& emitter) {
  Duration pause = shortest_pause;
  while (true) {
    emitter.proven = Deadline::in(proof);
    const auto ended = co_await call(emitter);
    if (emitter.proven->reached()) pause = shortest_pause;
    emitter.proven.reset();
    emitter.failure = ended ? "the plugin ended the trigger by itself" : ended.error().message;
    const bool undisturbed = co_await sleep_for(pause);
    if (!undisturbed) co_return;
    log(LogLevel::warning,
        emitter.listener.spec().name + " for " + emitter.listener.workflow() + " begins anew: " + emitter.failure);
    pause = std::min<Duration>(pause * 2, longest_pause);
  }
}

Task<Status> Emitters::call(Emitter& emitter) {
  const TriggerSpec& spec = emitter.listener.spec();
  const Trigger* trigger = world_.catalog.find_trigger(spec.name);
  if (trigger == nullptr) co_return Error{ErrorCode::not_found, "the trigger " + spec.name + " is not there any more"};
  const ConnectionSettings* connection =
      spec.connection.empty() ? nullptr : world_.project.find_connection(spec.connection);
  GateRules rules;
  rules.bounds = bounds_on(*emitter.listener.live->workflow, &world_.project);
  const auto gate = open_reading_gate(world_.courier, world_.store.states(), "a trigger", std::move(rules));
  Performer performer(world_.project, world_.catalog, world_.plugins, *gate, world_.clock.now(),
                      world_.project.timezone);
  CallSite site;
  site.step = "trigger";
  site.workflow = emitter.listener.workflow();
  site.key = "trigger/" + emitter.listener.name();
  site.lane = BudgetLane::scheduled;
  auto ended = co_await performer.listen(*trigger, connection, spec.with, std::move(site), emitter);
  co_return ended;
}

/// One after the other, in the order in which they were emitted; what cannot be written now is tried again.
Task<void> Emitters::write(Emitter& emitter) {
  while (true) {
    if (emitter.unwritten.empty()) {
      emitter.written.announce();
      const bool undisturbed = co_await emitter.emitted.wait();
      if (!undisturbed) co_return;
      continue;
    }
    const auto accepted = co_await accept(emitter);
    if (accepted) {
      emitter.unwritten.pop_front();
      continue;
    }
    log(LogLevel::warning, "an event of " + emitter.listener.name() + " is tried again: " + accepted.error().message);
    const bool undisturbed = co_await sleep_for(shortest_pause);
    if (!undisturbed) co_return;
  }
}

/// The oldest event that is not written yet. One that has no id is told and left out.
Task<Status> Emitters::accept(Emitter& emitter) {
  const Listener& listener = emitter.listener;
  const TriggerSpec& spec = listener.spec();
  const Value& emitted = emitter.unwritten.front();
  const auto received = receive(spec, world_.catalog, emitted);
  const auto id = received ? id_of(spec, *received, emitted) : Result<std::string>(received.error());
  if (!id) {
    log(LogLevel::error, "an event of " + listener.name() + " is left out: " + id.error().message);
    co_return Done{};
  }
  Occurrence occurrence;
  occurrence.source = emitter.owner();
  occurrence.id = *id;
  occurrence.payload = received->event;
  occurrence.trigger = spec.name;
  if (received->left_out.empty()) offer(occurrence, listener, condition_names(occurrence.payload, world_.clock.now()));
  if (received->left_out.empty() || received->faulty)
    occurrence.lacks.push_back({occurrence.source, kind_of_events(spec), received->left_out});
  const auto accepted = co_await dispatcher_.accept(std::move(occurrence));
  if (!accepted) co_return accepted.error();
  co_return Done{};
}

/// What tells the event from others; one that starts nothing may have nothing of the kind.
Result<std::string> Emitters::id_of(const TriggerSpec& spec, const Received& received, const Value& emitted) const {
  if (!received.left_out.empty()) return std::string();
  Verified sender;
  if (const Trigger* trigger = world_.catalog.find_trigger(spec.name); trigger->id) {
    Bindings names;
    names.set("delivery", emitted);
    names.set("with", spec.with);
    const auto id = trigger->id->evaluate(names);
    const auto text = id ? as_text(*id) : Result<std::string>(id.error());
    if (!text) return text.error().within("its id");
    sender.id = *text;
  }
  IncomingRequest whole;  // for `dedupe: body`
  whole.body = encode_json(emitted);
  return dedupe_id(spec, sender, whole, received.event);
}

std::map<std::string, std::string> Emitters::problems() const {
  std::map<std::string, std::string> found;
  for (const auto& [name, emitter] : emitters_) {
    const bool works = emitter->failure.empty() || (emitter->proven && emitter->proven->reached());
    found[emitter->listener.name()] = works ? "" : "it does not listen: " + emitter->failure;
  }
  return found;
}

}  // namespace millrace
