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

TEST_CASE("what the project allows is passed in no interval, wherever it begins") {
  const RequestLimits ceiling{20, 3s, 0};
  const auto budget = std::make_shared<Budget>(ceiling, nothing_said, false);
  std::vector<Budget::Time> sent;
  const auto send = [&](Budget::Time now, int wanted) {
    while (wanted > 0) {
      const Budget::Turn turn = budget->turn(now);
      if (turn.kind == TurnKind::wait) {
        REQUIRE(turn.until > now);
        now = turn.until;
        continue;
      }
      Ticket ticket(budget, turn.kind == TurnKind::ask, now);
      sent.push_back(now);
      ticket.learn({}, now);
      --wanted;
    }
    return now;
  };
  // One alone, then bursts on both sides of where an interval that began with it would end.
  Budget::Time now = send(Budget::Time{}, 1);
  now = send(now + 2700ms, 18);
  now = send(now + 300ms, 40);
  for (int step = 0; step < 50; ++step) now = send(now + std::chrono::milliseconds(37 * step % 1100), 1 + step % 7);
  for (std::size_t at = 0; at + 20 < sent.size(); ++at) {
    CAPTURE(at);
    CHECK(sent[at + 20] - sent[at] >= 3s);
  }
  CHECK(now - Budget::Time{} < 70s);  // and hardly fewer pass than are allowed
}

TEST_CASE("what was given back may be sent in any part of an interval") {
  const RequestLimits ceiling{3, 10s, 0};
  const auto budget = std::make_shared<Budget>(ceiling, nothing_said, false);
  const Budget::Time now{};
  { const Ticket not_sent(budget, true, now); }
  for (int each = 0; each < 3; ++each) {
    Ticket ticket(budget, false, now + each * 2s);
    ticket.use();
  }
  for (int each = 0; each < 100; ++each) {
    CHECK(budget->turn(now + 5s).kind == TurnKind::wait);
    CHECK(budget->facts(now + 5s).left == 0);
  }
  CHECK(budget->turn(now + 5s).until == now + 10s);
  for (int each = 0; each < 100; ++each) const Ticket not_sent(budget, false, now + 11s);
  CHECK(budget->facts(now + 11s).left == 1);
}

TEST_CASE("the far side's limit and that of the project are known apart") {
  const auto budget = std::make_shared<Budget>(RequestLimits{150, 60s, 300}, RequestLimits{100, 10s, 0}, true);
  const BudgetFacts facts = budget->facts({});
  REQUIRE((facts.far_side && facts.own && facts.own_day));
  CHECK((facts.far_side->most == 100 && facts.far_side->interval == 10s));
  CHECK((facts.own->most == 150 && facts.own->interval == 60s));
  CHECK((facts.most == 100 && facts.interval == 10s));
  CHECK((facts.own_day->left == 300 && facts.day_left == 300));
  CHECK_FALSE(facts.far_side_day);
}

TEST_CASE("a day that the project limited is recalled only where it limits one today") {
  KeptDay kept{"main", 50, 300, 5h, true};
  Budget budget({0, 0s, 500}, nothing_said, true);
  const Budget::Time now{};
  for (int each = 0; each < 2; ++each) budget.recall_day(kept, now);
  CHECK(budget.facts(now).day_left == 250);
  CHECK(budget.facts(now).day_renewed_in == 5h);
  CHECK(budget.facts(now + 5h).day_left == 500);
  Budget unlimited(nothing_said, nothing_said, true);
  unlimited.recall_day(kept, now);
  CHECK_FALSE(unlimited.facts(now).day_left);
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
