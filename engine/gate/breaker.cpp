#include "gate/breaker.hpp"

#include <algorithm>
#include <utility>

#include "gate/complaint.hpp"
#include "gate/redacted.hpp"

namespace millrace {

namespace {

constexpr int most_missed = 3;
constexpr Duration first_pause = std::chrono::seconds(1);
constexpr Duration longest_pause = std::chrono::seconds(30);

Error no_time(const std::string& name, const Line& line) {
  return {ErrorCode::unavailable,
          name + " is down (" + line.reason + "), and the step's time is over before it is back"};
}

}  // namespace

Reach reach_of(const Result<IncomingResponse>& answer) noexcept {
  if (answer) {
    const int status = answer->status;
    return status == 502 || status == 503 || status == 504 ? Reach::missed : Reach::through;
  }
  switch (answer.error().code) {
    case ErrorCode::unavailable:
      return Reach::not_there;
    case ErrorCode::unsure:
    case ErrorCode::timeout:
      return Reach::missed;
    case ErrorCode::invalid:  // an answer larger than is taken
      return Reach::through;
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::denied:  // an egress rule, or a certificate: waiting cures neither
    case ErrorCode::cancelled:
    case ErrorCode::limited:
    case ErrorCode::internal:
      return Reach::unclear;
  }
  return Reach::unclear;
}

/// A place in the queue of a connection that is down. Whoever leaves it lets the next one look.
class Breakers::Place {
 public:
  Place(Line& line, bool harmless) : line_(line) {
    waiter_.harmless = harmless;
    at_ = line_.queue.insert(line_.queue.end(), &waiter_);
  }
  ~Place() {
    line_.queue.erase(at_);
    wake_next(line_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool is_next() const { return next(line_) == &waiter_; }
  News& turn() noexcept { return waiter_.turn; }

 private:
  Line& line_;
  Line::Waiter waiter_;
  std::list<Line::Waiter*>::iterator at_;
};

/// Whose turn it is to be the trial: in the order of coming, but what may be sent twice comes first.
Line::Waiter* Breakers::next(const Line& line) {
  if (!line.down || line.trying || line.queue.empty()) return nullptr;
  const auto harmless =
      std::find_if(line.queue.begin(), line.queue.end(), [](const Line::Waiter* each) { return each->harmless; });
  return harmless == line.queue.end() ? line.queue.front() : *harmless;
}

void Breakers::wake_next(const Line& line) {
  if (Line::Waiter* waiter = next(line)) waiter->turn.announce();
}

Task<Result<Passage>> Breakers::enter(Destination to, bool harmless, Deadline deadline) {
  if (to.connection == nullptr) co_return Passage();
  const std::string name = to.connection->name;
  Line& line = lines_[name];
  if (!line.down) co_return Passage(*this, line, name, Passage::Kind::usual);
  Place place(line, harmless);
  while (line.down) {
    if (place.is_next()) {
      if (line.trial_at >= deadline.at()) co_return no_time(name, line);
      Passage trial(*this, line, name, Passage::Kind::trial);
      const Duration wait = line.trial_at - options_.now();
      if (wait > Duration::zero()) {
        const bool undisturbed = co_await options_.pause(wait);
        if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
      }
      co_return std::move(trial);
    }
    const bool undisturbed = co_await place.turn().wait(deadline);
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
    if (line.down && deadline.reached()) co_return no_time(name, line);
  }
  co_return Passage(*this, line, name, Passage::Kind::after_wait);
}

void Breakers::come_back(Line& line, const std::string& name) {
  line.missed = 0;
  if (!line.down) return;
  line.down = false;
  line.reason.clear();
  for (Line::Waiter* waiter : line.queue) waiter->turn.announce();
  if (options_.on_down) options_.on_down(name, "");
}

void Breakers::miss(Line& line, const std::string& name, bool trial, const std::string& reason) {
  if (!options_.wait_while_down) return;
  if (line.down) {
    if (!trial) return;  // it left before the others began to wait
    line.reason = reason;
    line.pause = std::min<Duration>(line.pause * 2, longest_pause);
    line.trial_at = options_.now() + line.pause;
    return;
  }
  if (++line.missed < most_missed) return;
  line.down = true;
  line.reason = reason;
  line.pause = first_pause;
  line.trial_at = options_.now() + line.pause;
  if (options_.on_down) options_.on_down(name, reason);
}

std::string Breakers::reason_of(const Result<IncomingResponse>& answer) const {
  if (answer) return "it answers " + std::to_string(answer->status);
  return redacted(secrets_, answer.error()).message;
}

/// One that was told to wait, or that failed on the far side, was not looked at for its token.
void Breakers::hear_about_token(const Shipment& shipment, const IncomingResponse& answer) {
  const ConnectionSettings* connection = shipment.to.connection;
  if (!options_.on_token || connection == nullptr || connection->token.empty()) return;
  if (answer.status == 429 || answer.status >= 500) return;
  const std::string problem =
      refuses_token(answer, secrets_) ? redacted(secrets_, complaint(shipment, answer, "", secrets_)).message : "";
  Line& line = lines_[connection->name];
  if (line.token_problem == problem) return;
  line.token_problem = problem;
  options_.on_token(connection->name, problem);
}

ConnectionHealth Breakers::health(const std::string& connection) const {
  ConnectionHealth health;
  health.name = connection;
  const auto found = lines_.find(connection);
  if (found == lines_.end()) return health;
  const Line& line = found->second;
  health.down = line.down;
  health.reason = line.reason;
  health.waiting = static_cast<std::int64_t>(line.queue.size());
  health.answers = line.answers;
  return health;
}

Passage::Passage(Breakers& breakers, Line& line, const std::string& name, Kind kind)
    : breakers_(&breakers), line_(&line), name_(name), waited_(kind != Kind::usual), trial_(kind == Kind::trial) {
  if (trial_) line_->trying = true;
}

Passage::Passage(Passage&& other) noexcept
    : breakers_(other.breakers_),
      line_(other.line_),
      name_(std::move(other.name_)),
      waited_(other.waited_),
      trial_(std::exchange(other.trial_, false)) {}

Passage::~Passage() { end_trial(); }

void Passage::end_trial() {
  if (!std::exchange(trial_, false)) return;
  line_->trying = false;
  Breakers::wake_next(*line_);
}

void Passage::tell(const Result<IncomingResponse>& answer, bool first_miss) {
  if (line_ == nullptr) return;
  ++line_->answers[answer ? std::to_string(answer->status) : "none"];
  const Reach reach = reach_of(answer);
  if (reach == Reach::through) breakers_->come_back(*line_, name_);
  if (reach == Reach::not_there || (reach == Reach::missed && (first_miss || trial_)))
    breakers_->miss(*line_, name_, trial_, breakers_->reason_of(answer));
  end_trial();
}

}  // namespace millrace
