#include "far_side.hpp"

#include <algorithm>
#include <utility>

#include "value/json.hpp"

namespace millrace::test {

namespace {

/// A client whose connection breaks hears of it at once, or only when its time is over.
constexpr Duration soon = std::chrono::milliseconds(5);

IncomingResponse response(int status, std::string body = "{}") {
  IncomingResponse made;
  made.status = status;
  made.headers.add("Content-Type", "application/json");
  made.body = std::move(body);
  return made;
}

std::string op_of(const OutgoingRequest& request) {
  const auto body = parse_json(request.body);
  return body ? body->text_or("op") : "";
}

}  // namespace

bool FarSide::fires(const char* fault, int percent) {
  if (percent == 0 || !random_.chance(percent)) return false;
  ++faults[fault];
  return true;
}

void FarSide::answer(const std::shared_ptr<Call>& call, Duration after, Result<IncomingResponse> answer) {
  time_.wait(time_.now() + after, [call, answer = std::move(answer)] {
    call->answered = true;
    call->answer = answer;
    call->news.announce();
  });
}

std::shared_ptr<FarSide::Call> FarSide::depart(const OutgoingRequest& request) {
  auto call = std::make_shared<Call>();
  const std::string op = op_of(request);
  if (op.empty()) {
    ++reads;
  } else {
    Effect& effect = effects[op];
    if (++effect.sent == 1) effect.first_sent = time_.now();
    effect.last_sent = time_.now();
    effect.order.push_back(++sendings);
    const std::string* key = request.headers.find("Idempotency-Key");
    effect.keys.insert(key != nullptr ? *key : "");
    trace_.add("sent " + op + (key != nullptr ? " under " + *key : ""));
  }
  const Duration there = delay();
  if (mood.down || fires("refused", mood.refused)) {
    if (mood.down) ++faults["down"];
    answer(call, there, Error{ErrorCode::unavailable, "connection refused"});
    return call;
  }
  if (fires("lost request", mood.lost_requests)) {
    if (random_.chance(50)) answer(call, there + soon, Error{ErrorCode::unsure, "connection dropped"});
    return call;
  }
  const bool answers = !fires("lost answer", mood.lost_answers);
  const bool twice = request.method != "POST" || request.url.ends_with("/add");
  if (twice && fires("doubled", mood.doubled)) {
    const Duration later = there + random_.between(soon, std::chrono::seconds(40));
    ++on_the_way;
    time_.wait(time_.now() + later, [this, request, op] { arrive(request, op, nullptr, false); });
  }
  ++on_the_way;
  time_.wait(time_.now() + there, [this, request, op, call, answers] { arrive(request, op, call, answers); });
  return call;
}

void FarSide::arrive(const OutgoingRequest& request, const std::string& op, const std::shared_ptr<Call>& call,
                     bool answers) {
  --on_the_way;
  IncomingResponse acted;
  if (call != nullptr && fires("busy", mood.busy)) {
    acted = response(429);
    acted.headers.add("Retry-After", std::to_string(random_.from_to(1, 5)));
  } else if (call != nullptr && fires("failing", mood.failing)) {
    // It may have failed behind the effect; but then it must bear to be asked again.
    if (random_.chance(30) && !request.url.ends_with("/push")) act(request, op);
    acted = response(random_.chance(50) ? 500 : 503);
  } else {
    acted = act(request, op);
  }
  if (call == nullptr) return;
  if (answers) return answer(call, delay(), std::move(acted));
  if (random_.chance(50)) answer(call, delay() + soon, Error{ErrorCode::unsure, "connection dropped"});
}

IncomingResponse FarSide::act(const OutgoingRequest& request, const std::string& op) {
  if (op.empty()) {
    std::vector<Value> list;
    for (const auto& [id, revision] : items) list.push_back(Value::object({{"id", id}, {"rev", revision}}));
    return response(200, encode_json(Value::object({{"items", std::move(list)}})));
  }
  Effect& effect = effects[op];
  const std::string* key = request.headers.find("Idempotency-Key");
  const bool known = key != nullptr && !done_keys_.insert(*key).second;
  if (known || (request.method == "PUT" && effect.applied > 0))
    return response(200, encode_json(Value::object({{"op", op}})));
  if (++effect.applied == 1) effect.first_applied = ++applications_;
  trace_.add("done " + op);
  return response(200, encode_json(Value::object({{"op", op}})));
}

/// One item is new, or changes. None is ever removed, so that no change hides another.
void FarSide::change_items() {
  const bool fresh = items.empty() || random_.chance(60);
  std::string id = "i" + std::to_string(items.size());
  if (!fresh) id = std::next(items.begin(), static_cast<std::ptrdiff_t>(random_.below(items.size())))->first;
  const int revision = ++items[id];
  changed[id] = revision;
  trace_.add("the shop's item " + id + " is at " + std::to_string(revision));
}

std::vector<std::string> FarSide::unseen() const {
  std::vector<std::string> unseen;
  for (const auto& [id, revision] : changed) {
    const std::string end = std::to_string(revision), op = "seen/" + id;
    if (!effects.contains(op + "/added/" + end) && !effects.contains(op + "/changed/" + end))
      unseen.push_back("item " + id + " at " + end);
  }
  return unseen;
}

Task<Result<IncomingResponse>> SimulatedClient::send(OutgoingRequest request) {
  if (dead_()) co_return Error{ErrorCode::cancelled, "the engine is no more"};
  const Deadline deadline = request.deadline;
  const auto call = far_side_.depart(request);
  while (!call->answered && !deadline.reached()) {
    const bool undisturbed = co_await call->news.wait(deadline);
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
  }
  if (dead_()) co_return Error{ErrorCode::cancelled, "the engine is no more"};
  co_return call->answer;
}

}  // namespace millrace::test
