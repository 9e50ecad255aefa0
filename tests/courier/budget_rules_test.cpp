#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

#include "courier/budget.hpp"

namespace millrace {

using namespace std::chrono_literals;
using TurnKind = Budget::Turn::Kind;

namespace {

/// Sends one request after the other to a far side that answers by a function; each answer takes 10 ms.
struct Sequence {
  using Answer = std::function<AnswerFacts(Budget::Time now)>;

  Sequence(const RequestLimits& ceiling, const RequestLimits& declared, bool tells)
      : budget(std::make_shared<Budget>(ceiling, declared, tells)) {}

  /// Until so many were answered well.
  void send(int wanted, const Answer& far) {
    for (int well = 0; well < wanted;) well += one(far) ? 1 : 0;
  }
  void send_until(Budget::Time end, const Answer& far) {
    while (now < end) one(far);
  }
  bool one(const Answer& far) {
    const Budget::Turn turn = budget->turn(now);
    if (turn.kind == TurnKind::wait) {
      now = std::max(turn.until, now + 1ms);
      return false;
    }
    REQUIRE((turn.kind == TurnKind::go || turn.kind == TurnKind::ask));
    Ticket ticket(budget, turn.kind == TurnKind::ask, now);
    ++sent;
    const AnswerFacts answer = far(now);
    now += 10ms;
    ticket.learn(answer, now);
    refusals += answer.refused ? 1 : 0;
    return !answer.refused;
  }

  std::shared_ptr<Budget> budget;
  Budget::Time now{};
  int sent = 0, refusals = 0;
};

/// A far side that allows so many in an interval that begins with its first request.
struct FarLimit {
  int allowed;
  Duration interval;
  bool tells;
  Budget::Time ends{};
  int left = 0;

  AnswerFacts operator()(Budget::Time now) {
    if (now >= ends) {
      ends = now + interval;
      left = allowed;
    }
    AnswerFacts answer;
    answer.refused = left == 0;
    left -= answer.refused ? 0 : 1;
    if (tells) answer.told = {left, allowed, interval, {}, {}, {}};
    return answer;
  }
};

AnswerFacts refusal(std::optional<Duration> come_back_in = {}) {
  AnswerFacts answer;
  answer.refused = true;
  answer.come_back_in = come_back_in;
  return answer;
}

const RequestLimits nothing_said;

}  // namespace

TEST_CASE("a far side that tells its limits refuses nothing, and is used to nine tenths of them at least") {
  Sequence sequence(nothing_said, nothing_said, true);
  FarLimit far{100, 10s, true};
  sequence.send(2000, [&](Budget::Time now) { return far(now); });
  CHECK(sequence.refusals == 0);
  CHECK(sequence.now - Budget::Time{} < 19 * 11s + 2s);
}

TEST_CASE("of a far side that says nothing, few refusals are enough to find what it takes") {
  Sequence sequence(nothing_said, nothing_said, false);
  FarLimit far{50, 2s, false};
  sequence.send(2000, [&](Budget::Time now) { return far(now); });
  CHECK(sequence.refusals < 40);
}

TEST_CASE("a storm of refusals is met with pauses that grow, and one request after each") {
  Sequence sequence(nothing_said, nothing_said, false);
  sequence.send(100, [](Budget::Time) { return AnswerFacts(); });
  sequence.send_until(sequence.now + 120s, [](Budget::Time) { return refusal(); });
  CHECK(sequence.refusals <= 8);
  const int before = sequence.refusals;
  sequence.send(1, [](Budget::Time) { return AnswerFacts(); });
  CHECK(sequence.refusals == before);
}

TEST_CASE("a storm that says when to come back is left alone until then") {
  Sequence sequence(nothing_said, nothing_said, true);
  FarLimit far{100, 10s, true};
  sequence.send(20, [&](Budget::Time now) { return far(now); });
  sequence.send_until(sequence.now + 60s, [](Budget::Time) { return refusal(15s); });
  CHECK(sequence.refusals == 4);
}

TEST_CASE("what the project allows is not passed, whatever the far side would take") {
  for (const bool tells : {true, false}) {
    CAPTURE(tells);
    Sequence sequence({5, 10s, 0}, nothing_said, tells);
    FarLimit far{20, 10s, tells};
    std::vector<Budget::Time> times;
    sequence.send(23, [&](Budget::Time now) { return times.push_back(now), far(now); });
    CHECK(sequence.refusals == 0);
    for (std::size_t i = 5; i < times.size(); ++i) CHECK(times[i] - times[i - 5] >= 9s);
  }
}

TEST_CASE("answers that overtake each other are no news of a further interval") {
  const auto budget = std::make_shared<Budget>(nothing_said, nothing_said, true);
  const auto told = [](std::int64_t left) {
    AnswerFacts facts;
    facts.told.left = left;
    facts.told.most = 10;
    facts.told.day_left = 100 + left;
    return facts;
  };
  Budget::Time now{};
  Ticket(budget, true, now).learn(told(9), now);
  {
    auto sent_first = std::make_unique<Ticket>(budget, false, now);
    Ticket came_first(budget, false, now);
    sent_first->learn(told(7), now);
    sent_first.reset();
    came_first.learn(told(8), now);
  }
  CHECK(budget->facts(now).left == 7);
  CHECK(budget->facts(now).day_left == 107);
}

TEST_CASE("an interval that is begun on this side ends a whole one after its first answer") {
  const auto budget = std::make_shared<Budget>(nothing_said, nothing_said, true);
  const auto told = [](std::int64_t left) {
    AnswerFacts facts;
    facts.told.left = left;
    facts.told.most = 2;
    facts.told.interval = 10s;
    return facts;
  };
  Budget::Time now{};
  Ticket(budget, true, now).learn(told(1), now);
  now += 10s;
  REQUIRE(budget->turn(now).kind == TurnKind::go);
  Ticket slow(budget, false, now);
  const Ticket unanswered(budget, false, now);
  slow.learn(told(1), now + 3s);
  CHECK(budget->turn(now + 12s).kind == TurnKind::wait);
  CHECK(budget->turn(now + 13s).kind == TurnKind::go);
}

TEST_CASE("what was permitted and not sent counts nowhere, and nothing is learnt from it") {
  RequestLimits few;
  few.requests = 2;
  few.interval = 10s;
  few.daily = 20;
  const auto budget = std::make_shared<Budget>(few, nothing_said, true);
  Budget::Time now{};
  { const Ticket not_sent(budget, true, now); }
  CHECK(budget->facts(now).left == 2);
  CHECK(budget->facts(now).day_left == 20);
  REQUIRE(budget->turn(now).kind == TurnKind::ask);  // a far side that did not answer would be asked no more
  AnswerFacts answer;
  answer.told = {.left = 1, .most = 2, .interval = 10s, .day_left = 5, .day_most = 6, .day_renewed_in = 1h};
  Ticket(budget, true, now).learn(answer, now);
  { const Ticket not_sent(budget, false, now); }
  CHECK(budget->facts(now).left == 1);
  CHECK(budget->facts(now).day_left == 5);
  {
    const Ticket of_before(budget, false, now);
    now += 10s;
    REQUIRE(budget->turn(now).kind == TurnKind::go);
    Ticket of_this_interval(budget, false, now);
    of_this_interval.use();
  }
  CHECK(budget->facts(now).left == 1);
  CHECK(budget->facts(now).day_left == 4);
}

TEST_CASE("those who were refused together close the budget once") {
  const auto budget = std::make_shared<Budget>(nothing_said, nothing_said, false);
  Budget::Time now{};
  {
    std::vector<Ticket> tickets;
    for (int i = 0; i < 8; ++i) {
      REQUIRE(budget->turn(now).kind == TurnKind::go);
      tickets.emplace_back(budget, false, now);
    }
    for (Ticket& ticket : tickets) ticket.learn(refusal(), now);
  }
  const Budget::Turn turn = budget->turn(now);
  CHECK(turn.kind == TurnKind::wait);
  CHECK(turn.until - now == 1s);
  now += 1s;
  CHECK(budget->turn(now).kind == TurnKind::ask);
  const Ticket asking(budget, true, now);
  CHECK(budget->turn(now).kind == TurnKind::hear);
}

TEST_CASE("an answer of something in between, without limits, opens nothing") {
  const auto budget = std::make_shared<Budget>(nothing_said, nothing_said, true);
  const Budget::Time now{};
  const auto answer = [&](std::optional<std::int64_t> left) {
    const bool asks = budget->turn(now).kind == TurnKind::ask;
    Ticket ticket(budget, asks, now);
    AnswerFacts facts;
    facts.told.left = left;
    ticket.learn(facts, now);
  };
  answer(2);
  answer(std::nullopt);
  answer(0);
  CHECK(budget->turn(now).kind == TurnKind::wait);
}

TEST_CASE("the day's end is what the far side says, and nothing is sent before it") {
  const auto budget = std::make_shared<Budget>(nothing_said, nothing_said, true);
  Budget::Time now{};
  {
    Ticket ticket(budget, true, now);
    AnswerFacts facts;
    facts.told.left = 50;
    facts.told.day_left = 0;
    facts.told.day_most = 1000;
    facts.told.day_renewed_in = 3h;
    ticket.learn(facts, now);
  }
  CHECK(budget->turn(now).kind == TurnKind::over);
  CHECK(budget->turn(now + 2h).until - now == 3h);
  CHECK(budget->facts(now).day_left == 0);
  CHECK(budget->facts(now).day_most == 1000);
  CHECK(budget->facts(now).day_renewed_in == 3h);
  CHECK(budget->turn(now + 3h).kind != TurnKind::over);
  CHECK_FALSE(budget->facts(now + 3h).day_left);
}

TEST_CASE("a day that an earlier process used up is known before the first request") {
  Budget budget(nothing_said, nothing_said, true);
  const Budget::Time now{};
  budget.recall_day({"main", 0, 1000, 1h}, now);
  CHECK(budget.turn(now).kind == TurnKind::over);
  CHECK(budget.turn(now + 1h).kind == TurnKind::ask);
}

TEST_CASE("what is declared counts until the far side says what is so") {
  Budget budget(nothing_said, {100, 10s, 0}, true);
  CHECK(budget.facts({}).most == 100);
  const auto shared = std::make_shared<Budget>(nothing_said, RequestLimits{100, 10s, 0}, true);
  FarLimit far{20, 10s, true};
  Ticket ticket(shared, true, {});
  ticket.learn(far({}), {});
  CHECK(shared->facts({}).most == 20);
  CHECK(shared->facts({}).left == 19);
}

TEST_CASE("a far side that is known to tell its limits and does not is a stand-in without any") {
  Sequence sequence(nothing_said, {100, 10s, 0}, true);
  sequence.send(500, [](Budget::Time) { return AnswerFacts(); });
  CHECK(sequence.now - Budget::Time{} == 5s);
}

}  // namespace millrace
