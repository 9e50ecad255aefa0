#include "service/hooks.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "decider/run_state.hpp"
#include "http/answers.hpp"
#include "secret/redacted.hpp"
#include "service/hook_answers.hpp"
#include "service/records.hpp"
#include "trigger/delivery.hpp"
#include "trigger/delivery_facts.hpp"
#include "value/time.hpp"
#include "workflow/hook_path.hpp"

namespace millrace {

namespace {

/// How long a sender waits for a run with respond: wait; then it learns which run it is, and the run goes on.
constexpr Duration longest_answer = std::chrono::seconds(30);

/// What a body of this request may take in memory: one that comes packed grows.
std::size_t room_for(const IncomingRequest& request) {
  return comes_packed(request) ? std::max(request.body.size(), largest_delivery) : request.body.size();
}

/// Whether the one is the other, without looking into it: what is large is shared.
bool are_one(const Value& one, const Value& other) {
  if (one.is_map() && other.is_map()) return &one.map() == &other.map();
  if (one.is_list() && other.is_list()) return &one.list() == &other.list();
  return one == other;
}

/// One delivery that is an event to several: the first one has its id, and with it all of them are written once.
Occurrence side_by_side(std::vector<Occurrence> all, std::string id) {
  Occurrence first = std::move(all.front());
  for (std::size_t i = 1; i < all.size(); ++i) {
    // What runs do has the same keys where a store that has forgotten the delivery gets it again.
    if (!id.empty()) all[i].origin = all[i].source + "\n" + id + "\n" + all[i].trigger;
    first.beside.push_back(std::move(all[i]));
  }
  first.id = std::move(id);
  return first;
}

void set_chain(Occurrence& occurrence, std::vector<std::string> chain) {
  for (Occurrence& other : occurrence.beside) other.chain = chain;
  occurrence.chain = std::move(chain);
}

/// Whether all that a delivery starts goes through the motions only.
bool all_dry(const Occurrence& occurrence) {
  bool some = false;
  const auto live = [&some](const Occurrence& each) {
    return std::any_of(each.listeners.begin(), each.listeners.end(), [&some](const Listener& listener) {
      const std::string& mode = listener.live->workflow->mode;
      some = some || mode == "dry_run";
      return mode == "live";
    });
  };
  return !live(occurrence) && std::none_of(occurrence.beside.begin(), occurrence.beside.end(), live) && some;
}

}  // namespace

Hooks::Hooks(ServiceWorld world, ServiceBudget budget, Dispatcher& dispatcher, FaultyDeliveries& faults,
             RefusedDeliveries& refused, const std::shared_ptr<Sources>& sources)
    : world_(world), budget_(budget), dispatcher_(dispatcher), faults_(faults), refused_(refused), sources_(sources) {}

Task<Status> Hooks::load() {
  const auto faults = co_await faults_.load();
  if (!faults) co_return faults;
  auto refusals = co_await refused_.load();
  if (!refusals) co_return refusals;
  auto ids = co_await load_ids();
  co_return ids;
}

/// Since when ids are known is written by the first service of a store, because only a service takes deliveries. A
/// store without it is older than this, or came out of a backup: it may have forgotten some.
Task<Status> Hooks::load_ids() {
  Journal& journal = world_.store.journal();
  const auto known = co_await journal.read_state(engine_owner, ids_since_key);
  if (!known) co_return known.error();
  if (known->is(Kind::text)) {
    if (const auto since = parse_timestamp(known->text())) ids_since_ = *since;
    co_return Done{};
  }
  const auto fence = world_.store.fence();
  if (!fence || fence->number != 1) co_return Done{};
  ids_since_ = world_.clock.now();
  Entry entry;
  entry.states.push_back({.owner = engine_owner, .key = ids_since_key, .value = Value(render(*ids_since_))});
  const auto written = co_await journal.commit(std::move(entry));
  co_return written ? Status(Done{}) : Status(written.error());
}

Result<Verified> Hooks::prove(const HookSource& source, const IncomingRequest& request) const {
  const Timestamp now = world_.clock.now();
  const bool all_known = ids_since_ && now.seconds - ids_since_->seconds < std::int64_t{days_of_ids} * 24 * 60 * 60;
  return verify(source.verifier, request, world_.secrets, now, all_known);
}

/// Whoever listens there is told of it, not only the sender.
OutgoingResponse Hooks::turn_away(const HookSource& source, const Refusal& refused) {
  refused_.note_refused("hook:" + source.path, std::to_string(refused.status) + ": " + refused.message);
  return refusal(refused.status, refused.code, refused.message);
}

std::optional<Refusal> Hooks::crowded(const HookSource& source, std::size_t bytes) const {
  if (source.under_way >= budget_.requests_per_source) return Refusal{429, "limited", "too many deliveries at once"};
  if (unwritten_bytes_ + bytes > budget_.unwritten_bytes)
    return Refusal{503, "unavailable", "too much is waiting for the disk"};
  return std::nullopt;
}

std::optional<OutgoingResponse> Hooks::refused_at_head(const IncomingRequest& head) {
  if (closed_) return refusal(503, "unavailable", "the service is stopping");
  const auto source = source_of(head);
  if (source == nullptr) return refusal(404, "not_found", "no workflow listens at this address");
  if (const auto refused = crowded(*source, 0)) return turn_away(*source, *refused);
  const auto refused_by = [&](const Error& error) { return turn_away(*source, refusal_of(error)); };
  if (const auto lacks = check_head(source->verifier, head); !lacks) return refused_by(lacks.error());
  if (!proved_by_head(source->verifier)) return std::nullopt;
  const auto verified = prove(*source, head);
  return verified ? std::nullopt : std::optional(refused_by(verified.error()));
}

void Hooks::note_cut_off(const IncomingRequest& head, int status, std::string_view why) {
  const auto source = closed_ ? nullptr : source_of(head);
  if (source != nullptr)
    refused_.note_refused("hook:" + source->path, std::to_string(status) + ": " + std::string(why));
}

Task<OutgoingResponse> Hooks::answer(IncomingRequest request) {
  if (closed_) co_return refusal(503, "unavailable", "the service is stopping");
  const auto source = source_of(request);
  if (source == nullptr) co_return refusal(404, "not_found", "no workflow listens at this address");
  const std::size_t bytes = room_for(request);
  if (const auto refused = crowded(*source, bytes)) co_return turn_away(*source, *refused);
  ++source->under_way;
  unwritten_bytes_ += bytes;
  auto response = co_await deliver(source, std::move(request));
  unwritten_bytes_ -= bytes;
  --source->under_way;
  co_return response;
}

/// Signatures are those of deliveries, so a check by GET has none; what is shown beside a request is asked for as ever.
std::optional<OutgoingResponse> Hooks::challenge(const IncomingRequest& request) {
  const auto source = source_of(request);
  if (closed_ || source == nullptr || !source->answers_checks()) return std::nullopt;
  const bool shown = proved_by_head(source->verifier);
  if (shown) {
    const auto proved = prove(*source, request);
    if (!proved) return turn_away(*source, refusal_of(proved.error()));
  }
  const auto challenge = challenge_of(*source, request, Value(Map()), shown);
  if (challenge) return to_check(*challenge);
  // Why is for whoever wrote the challenge: it may quote the words that a sender has to know.
  const std::string unanswered = "this check of the address is not answered";
  refused_.note_refused("hook:" + source->path, "400: " + unanswered + ": challenge: " + challenge.error().message);
  return refusal(400, "invalid", unanswered + ": what the trigger's challenge asks for is missing or another");
}

Result<Value> Hooks::challenge_of(const HookSource& source, const IncomingRequest& request, const Value& event,
                                  bool proved) const {
  return challenge_in(source.spec(), event, challenge_facts(request, source.path, source.verifier),
                      proved ? &world_.secrets : nullptr);
}

std::shared_ptr<HookSource> Hooks::source_of(const IncomingRequest& request) const {
  return sources_->find_hook(std::string_view(request.path).substr(hooks_prefix.size()));
}

/// Whether the delivery is what the trigger takes: proved, unpacked, of its kind. Some senders sign what they pack,
/// others what they have packed, so either proves it.
std::optional<Refusal> Hooks::admit(const HookSource& source, IncomingRequest& request, Verified& verified) {
  const bool packed = comes_packed(request);
  auto proved = prove(source, request);
  if (!proved && (!packed || proved_by_head(source.verifier))) return refusal_of(proved.error());
  const auto broken = unpack(request, proved ? largest_delivery : room_before_proof(request));
  if (!proved && !broken) proved = prove(source, request);
  if (!proved) {
    Refusal refused = refusal_of(proved.error());
    if (broken) refused.message += " as it came, and nobody can compare it with what is packed: " + broken->message;
    return refused;
  }
  if (broken) return broken;
  verified = std::move(*proved);
  const std::string wrong = why_wrong_kind(source.spec(), request);
  return wrong.empty() ? std::nullopt : std::optional(Refusal{415, "invalid", wrong});
}

/// Everything about a delivery that can be said before it is written down.
Result<Hooks::Delivery> Hooks::read(const HookSource& source, const IncomingRequest& request,
                                    const Verified& verified) {
  const Sent sent = TRY(sent_in(source, request));
  Delivery delivery;
  if (source.answers_checks()) {
    auto challenge = challenge_of(source, request, sent.body, source.verifier.kind != Verifier::Kind::open);
    if (challenge) delivery.challenge = std::move(*challenge);
    if (delivery.challenge) return delivery;
  }
  std::vector<Occurrence> heard, faulty;
  std::vector<std::string> ids, strange;
  for (const HookReading& reading : source.readings) {
    Received received = TRY(receive(reading.spec(), world_.catalog, sent.kept));
    if (!received.left_out.empty() && !received.faulty) {
      strange.push_back(std::move(received.left_out));
      continue;
    }
    Occurrence occurrence = occurrence_of(source, reading, std::move(received.event), sent.kept_facts);
    occurrence.lacks.push_back({occurrence.source, reading.kind, std::move(received.left_out)});
    if (received.faulty) {
      faulty.push_back(std::move(occurrence));
      continue;
    }
    // `dedupe` may be an expression over an event, and only these are.
    std::string id = TRY(id_of(reading.spec(), verified, request, sent, occurrence.payload));
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
    offer_to_all(reading, occurrence);
    heard.push_back(std::move(occurrence));
  }
  const bool good = !heard.empty();
  std::move(faulty.begin(), faulty.end(), std::back_inserter(heard));
  if (heard.empty()) {
    Received kept = left_out(sent.kept, join(strange, "; "), false);
    heard.push_back(occurrence_of(source, source.readings.front(), std::move(kept.event), sent.kept_facts));
  }
  delivery.occurrence = side_by_side(std::move(heard), good ? join(ids, "\n") : verified.id);
  delivery.occurrence.bytes = request.body.size();
  if (const std::string* chain = request.headers.find(chain_header))
    set_chain(delivery.occurrence, parse_chain(*chain));
  return delivery;
}

Result<Hooks::Sent> Hooks::sent_in(const HookSource& source, const IncomingRequest& request) const {
  Sent sent;
  sent.body = TRY(read_delivery(source.spec(), request));
  sent.facts = delivery_facts(request, source.path, source.verifier);
  sent.kept = redacted(world_.secrets, sent.body);
  sent.kept_facts = redacted(world_.secrets, sent.facts);
  sent.whole = read_whole(source.spec(), request);
  return sent;
}

/// Made of what was sent, not of what is kept of it: whoever can see that two texts are one here, or reads an error
/// about a text that is not theirs, has guessed a secret. An id that holds one is kept as its hash.
Result<std::string> Hooks::id_of(const TriggerSpec& spec, const Verified& verified, const IncomingRequest& request,
                                 const Sent& sent, const Value& event) const {
  Value as_sent = event;
  if (!are_one(sent.body, sent.kept)) as_sent = TRY(receive(spec, world_.catalog, sent.body)).event;
  std::string id = TRY(dedupe_id(spec, verified, request, as_sent, sent.facts));
  if (sent.whole) id = whole_id(spec, world_.catalog, verified, request, *sent.whole, sent.facts);
  return world_.secrets.redact(id) == id ? id : "sha256:" + hex(sha256(id));
}

Occurrence Hooks::occurrence_of(const HookSource& source, const HookReading& reading, Value event,
                                const Value& facts) const {
  const TriggerSpec& spec = reading.spec();
  Occurrence occurrence;
  occurrence.source = "hook:" + source.path;
  occurrence.payload = std::move(event);
  occurrence.delivery = facts;
  occurrence.trigger = spec.kind == "plugin" ? spec.name : "webhook";
  return occurrence;
}

/// To those that the index finds. While something is wrong here, the others hear of a good delivery, too.
void Hooks::offer_to_all(const HookReading& reading, Occurrence& occurrence) {
  candidates_.clear();
  reading.index.candidates(occurrence.payload, candidates_);
  const bool faulty_before = faults_.any_of(occurrence.source);
  std::optional<Bindings> names;
  for (const std::size_t number : candidates_) {
    const Listener& listener = reading.listeners[number];
    if (!listener.spec().condition) {
      occurrence.listeners.push_back(listener);
      continue;
    }
    if (!names) names = condition_names(occurrence.payload, world_.clock.now(), occurrence.delivery);
    offer(occurrence, listener, *names, faulty_before);
  }
  for (std::size_t number = 0; faulty_before && number < reading.listeners.size(); ++number) {
    const bool is_offered = std::find(candidates_.begin(), candidates_.end(), number) != candidates_.end();
    if (!is_offered) occurrence.lacks.push_back({occurrence.source, reading.listeners[number].name(), ""});
  }
}

Task<OutgoingResponse> Hooks::deliver(std::shared_ptr<HookSource> source, IncomingRequest request) {
  Verified verified;
  const auto refused = admit(*source, request, verified);
  if (refused) co_return turn_away(*source, *refused);
  auto delivery = read(*source, request, verified);
  request = {};  // its body is not kept while its run is waited for
  if (!delivery) co_return turn_away(*source, refusal_of(delivery.error()));
  if (delivery->challenge) co_return to_check(*delivery->challenge);
  const bool dry_run = all_dry(delivery->occurrence);
  std::string id = delivery->occurrence.id;
  Value payload = delivery->occurrence.payload;
  auto accepted = co_await dispatcher_.accept(std::move(delivery->occurrence));
  if (!accepted) {
    // Where the disk is full or the store has failed, the sender shall come back: nothing was promised.
    Error error = accepted.error();
    const bool unfit = error.code == ErrorCode::invalid;
    if (!unfit) error.code = ErrorCode::unavailable;
    Refusal late = refusal_of(error);
    if (unfit) late.status = 422;
    co_return turn_away(*source, late);
  }
  std::string name = "hook:" + source->path;
  if (accepted->duplicate) co_await compare(accepted->event, std::move(name), std::move(id), std::move(payload));
  if (accepted->runs.empty()) co_return receipt(*accepted, false);
  Heard heard{accepted->runs.front(), dry_run};
  const bool known = !accepted->duplicate && (!source->waits || accepted->runs.size() == 1);
  if (!known) heard = co_await whose_answer(accepted->runs);
  if (!source->waits) co_return receipt(*accepted, heard.dry);
  auto response = co_await wait_for(std::move(*accepted), heard);
  co_return response;
}

/// A known id with another body is answered as the first was, and told: a sender that counts anew would lose deliveries
/// without a word. What the store has taken away of the first one cannot be compared.
Task<void> Hooks::compare(EventKey first, std::string source, std::string id, Value payload) {
  const auto known = co_await world_.store.history().read_event(first);
  if (!known || known->payload.is_null() || known->payload == payload) co_return;
  constexpr std::size_t longest_id = 60;
  const std::string reason = "the id \"" + shortened(id, longest_id) + "\" had come before with another body (event " +
                             render(first) + "), so it started nothing";
  log(LogLevel::warning, "a delivery was taken for a repeated one: " + reason, {{"source", source}});
  refused_.note_other_body(source, reason);
}

/// The output of the run, or the receipt where it takes too long or rests. A repeated delivery hears the same.
Task<OutgoingResponse> Hooks::wait_for(Committed committed, Heard heard) {
  const Deadline deadline = Deadline::in(longest_answer);
  const bool patient = false;
  const auto end = co_await dispatcher_.wait_for_end(heard.run, deadline, patient);
  if (!end || !*end) co_return receipt(committed, heard.dry);
  co_return told(heard.run, **end, committed, heard.dry);
}

/// Of the runs of a delivery, a live one goes before what only goes through the motions. They are asked, and not their
/// workflows: a delivery that comes again may find those in another mode.
Task<Hooks::Heard> Hooks::whose_answer(std::vector<RunKey> runs) {
  Heard heard{runs.front()};
  for (const RunKey run : runs) {
    const auto stored = co_await world_.store.journal().read(run);
    if (!stored) co_return Heard{runs.front()};
    const RunHead& head = stored->head;
    if (head.live && !left_out(head.outcome, head.note)) co_return Heard{run};
    if (!heard.dry && is_dry(head)) heard = {run, true};
  }
  co_return heard;
}

}  // namespace millrace
