#include "courier/breaker.hpp"

#include <algorithm>
#include <utility>

#include "courier/complaint.hpp"
#include "courier/gateways.hpp"
#include "courier/limit_headers.hpp"
#include "secret/redacted.hpp"

namespace millrace {

namespace {

constexpr int most_missed = 3;
constexpr Duration first_pause = std::chrono::seconds(1);
constexpr Duration longest_pause = std::chrono::seconds(30);
constexpr Duration longest_asked = std::chrono::hours(1);  // a far side that is down is not believed beyond
constexpr int first_to_go_on = 2;
constexpr int head_start = 20;  // trials, some eight minutes, of what may be sent twice before one of what must not
constexpr std::int64_t most_doublings = 16;  // by then there is no limit left

Error no_time(const std::string& name, const Line& line) {
  if (!line.down)
    return {ErrorCode::unavailable, name + " has just come back, and the step's time is over before its turn"};
  return {ErrorCode::unavailable,
          name + " is down (" + line.reason + "), and the step's time is over before it is back"};
}

}  // namespace

Reach reach_of(const Result<IncomingResponse>& answer) noexcept {
  if (answer) {
    return answer->status == 503 || comes_of_gateway(answer->status) ? Reach::missed : Reach::through;
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
    case ErrorCode::unconnected:
      return Reach::unclear;
  }
  return Reach::unclear;
}

/// A place in the queue of a connection that is down. Whoever leaves it lets the next one look.
class Breakers::Place {
 public:
  Place(Breakers& breakers, Line& line, Errand errand) : breakers_(breakers), line_(line) {
    waiter_.errand = errand;
    at_ = line_.queue.insert(line_.queue.end(), &waiter_);
  }
  ~Place() {
    line_.queue.erase(at_);
    if (line_.queue.empty()) line_.recovering = false;
    breakers_.wake_next(line_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool is_next() const { return breakers_.next(line_) == &waiter_; }
  News& turn() noexcept { return waiter_.turn; }

 private:
  Breakers& breakers_;
  Line& line_;
  Line::Waiter waiter_;
  std::list<Line::Waiter*>::iterator at_;
};

/// Whether a connection that has come back takes one more beside those under way.
bool Breakers::has_room(const Line& line) const {
  const std::int64_t seconds = (options_.now() - line.back_since) / std::chrono::seconds(1);
  return line.under_way < first_to_go_on << std::min(seconds, most_doublings);
}

/// REQUIRES: somebody waits. That of which the fewest have just failed: else an endpoint that is broken by itself keeps
/// all others waiting.
Line::Waiter* Breakers::best_trial(const Line& line) const {
  const auto rank = [&line](const Errand& errand) {
    const bool good = errand.harmless && !line.endpoints.fails_alone(errand.endpoint);
    return line.endpoints.misses(errand.endpoint) + (good ? 0 : head_start);
  };
  return *std::min_element(
      line.queue.begin(), line.queue.end(),
      [&rank](const Line::Waiter* one, const Line::Waiter* other) { return rank(one->errand) < rank(other->errand); });
}

/// Whose turn it is to be the trial, or to go on: in the order of coming, but what may be sent twice comes first.
Line::Waiter* Breakers::next(const Line& line) const {
  if (line.queue.empty() || (line.down ? line.trying : !has_room(line))) return nullptr;
  if (line.down) return best_trial(line);
  const auto harmless = std::find_if(line.queue.begin(), line.queue.end(),
                                     [](const Line::Waiter* each) { return each->errand.harmless; });
  return harmless == line.queue.end() ? line.queue.front() : *harmless;
}

void Breakers::wake_next(const Line& line) const {
  if (Line::Waiter* waiter = next(line)) waiter->turn.announce();
}

Task<Result<Passage>> Breakers::enter(Destination to, Errand errand, Deadline deadline) {
  if (to.connection == nullptr) co_return Passage();
  const std::string name = to.connection->name;
  Line& line = lines_[name];
  const bool open = !line.down && (!line.recovering || (line.queue.empty() && has_room(line)));
  if (open) co_return Passage(*this, line, name, errand.endpoint, Passage::Kind::usual);
  Place place(*this, line, errand);
  while (line.down || !place.is_next()) {
    if (line.down && place.is_next()) {
      if (line.trial_at >= deadline.at()) co_return no_time(name, line);
      Passage trial(*this, line, name, errand.endpoint, Passage::Kind::trial);
      const Duration wait = line.trial_at - options_.now();
      if (wait > Duration::zero()) {
        const bool undisturbed = co_await options_.pause(wait);
        if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
      }
      co_return std::move(trial);
    }
    const bool undisturbed = co_await place.turn().wait(deadline);
    if (!undisturbed) co_return Error{ErrorCode::cancelled, "called off"};
    if (deadline.reached()) co_return no_time(name, line);
  }
  co_return Passage(*this, line, name, errand.endpoint, Passage::Kind::after_wait);
}

void Breakers::come_back(Line& line, const std::string& name) {
  line.missed = 0;
  if (!line.down) return;
  line.down = false;
  line.reason.clear();
  line.recovering = !line.queue.empty();
  line.back_since = options_.now();
  wake_next(line);
  if (options_.on_down) options_.on_down(name, "");
}

/// When the next trial is: after the line's pause, or later where the far side says when.
void Breakers::wait_for_trial(Line& line, const Result<IncomingResponse>& answer) const {
  const auto asked = answer ? asked_to_wait(nullptr, *answer) : std::nullopt;
  line.reason = reason_of(answer);
  line.trial_at = options_.now() + std::max(line.pause, std::min(asked.value_or(Duration::zero()), longest_asked));
}

void Breakers::miss(Line& line, const std::string& name, bool trial, const Result<IncomingResponse>& answer) {
  if (!options_.wait_while_down) return;
  if (line.down) {
    if (!trial) return;  // it left before the others began to wait
    line.pause = std::min<Duration>(line.pause * 2, longest_pause);
    return wait_for_trial(line, answer);
  }
  if (++line.missed < most_missed) return;
  line.down = true;
  line.recovering = false;
  line.pause = first_pause;
  wait_for_trial(line, answer);
  if (options_.on_down) options_.on_down(name, line.reason);
}

std::string Breakers::reason_of(const Result<IncomingResponse>& answer) const {
  if (answer) return "it answers " + std::to_string(answer->status);
  return redacted(secrets_, answer.error()).message;
}

/// One that was told to wait, or that failed on the far side, was not looked at for its token.
void Breakers::hear_about_token(const Shipment& shipment, const IncomingResponse& answer, const std::string& why,
                                const std::string& problem) {
  const ConnectionSettings* connection = shipment.to.connection;
  if (!options_.on_token || connection == nullptr) return;
  if (answer.status == 429 || answer.status >= 500) return;
  if (connection->token.empty() && !connection->shown && !connection->oauth) {
    const auto line = lines_.find(connection->name);
    const bool told = line != lines_.end() && line->second.token_problem.has_value();
    if (told || !problem.empty()) tell_token(shipment, problem);
    return;
  }
  const bool refused = refuses_token(answer.status, why);
  tell_token(shipment, refused ? redacted(secrets_, complaint(shipment, answer, why)).message : problem);
}

void Breakers::tell_token(const Shipment& shipment, const std::string& problem) {
  if (!options_.on_token || shipment.to.connection == nullptr) return;
  const std::string& name = shipment.to.connection->name;
  Line& line = lines_[name];
  if (line.token_problem == problem) return;
  line.token_problem = problem;
  options_.on_token(name, problem);
}

ConnectionHealth Breakers::health(const std::string& connection) const {
  ConnectionHealth health;
  health.name = connection;
  const auto found = lines_.find(connection);
  if (found == lines_.end()) return health;
  const Line& line = found->second;
  health.down = line.down;
  health.token_problem = line.token_problem.value_or("");
  health.reason = line.reason;
  health.waiting = static_cast<std::int64_t>(line.queue.size());
  health.answers = line.answers;
  return health;
}

Passage::Passage(Breakers& breakers, Line& line, const std::string& name, EndpointId endpoint, Kind kind)
    : breakers_(&breakers),
      line_(&line),
      name_(name),
      endpoint_(endpoint),
      waited_(kind != Kind::usual),
      trial_(kind == Kind::trial) {
  ++line_->under_way;
  if (trial_) line_->trying = true;
}

Passage::Passage(Passage&& other) noexcept
    : breakers_(other.breakers_),
      line_(std::exchange(other.line_, nullptr)),
      name_(std::move(other.name_)),
      endpoint_(other.endpoint_),
      waited_(other.waited_),
      trial_(std::exchange(other.trial_, false)) {}

Passage::~Passage() {
  if (line_ == nullptr) return;
  --line_->under_way;
  end_trial();
  breakers_->wake_next(*line_);
}

void Passage::end_trial() {
  if (!std::exchange(trial_, false)) return;
  line_->trying = false;
  breakers_->wake_next(*line_);
}

void Passage::tell(const Result<IncomingResponse>& answer, Sent sent) {
  if (line_ == nullptr) return;
  ++line_->answers[answer ? std::to_string(answer->status) : "none"];
  const Reach reach = reach_of(answer);
  if (reach == Reach::through) {
    line_->endpoints.got_through(endpoint_, sent.at);
    breakers_->come_back(*line_, name_);
  }
  const bool missed = reach == Reach::missed && (sent.first || trial_);
  if (missed) line_->endpoints.missed(endpoint_, breakers_->options_.now());
  const bool counts = missed && (trial_ || !line_->endpoints.fails_alone(endpoint_));
  if (counts || reach == Reach::not_there) breakers_->miss(*line_, name_, trial_, answer);
  end_trial();
}

}  // namespace millrace
