#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "courier/budget.hpp"
#include "temporary_folder.hpp"

namespace millrace {

using namespace std::chrono_literals;
using TurnKind = Budget::Turn::Kind;

namespace {

const Budget::Time start = Budget::Time() + 1h;

std::unique_ptr<SharedBudgets> joined(const std::filesystem::path& file) {
  auto shared = SharedBudgets::join(file);
  return shared ? std::move(*shared) : nullptr;
}

/// What one program knows of the budget: to the file it is a process of its own.
struct Program {
  explicit Program(const std::filesystem::path& file, const RequestLimits& ceiling = {})
      : shared(joined(file)), budget(std::make_shared<Budget>(ceiling, RequestLimits(), true)) {
    if (shared) budget->share(*shared, "far");
  }

  /// A ticket where one may be had now.
  std::unique_ptr<Ticket> ask(Budget::Time now) {
    const Budget::Hold hold(*budget);
    const TurnKind kind = budget->turn(now).kind;
    if (kind != TurnKind::go && kind != TurnKind::ask) return nullptr;
    return std::make_unique<Ticket>(budget, kind == TurnKind::ask, now);
  }
  TurnKind turn(Budget::Time now) {
    const Budget::Hold hold(*budget);
    return budget->turn(now).kind;
  }

  std::unique_ptr<SharedBudgets> shared;
  std::shared_ptr<Budget> budget;
};

/// A real process that has asked and waits for the answer, for ever.
struct AskingProgram {
  explicit AskingProgram(const std::filesystem::path& file) {
    std::array<int, 2> asked = {};
    REQUIRE(pipe(asked.data()) == 0);
    process = fork();
    if (process == 0) {
      Program program(file);
      const auto ticket = program.ask(start);
      if (ticket && write(asked[1], "", 1) == 1) pause();
      _exit(1);
    }
    char byte = 0;
    REQUIRE(read(asked[0], &byte, 1) == 1);
    close(asked[0]);
    close(asked[1]);
  }
  void kill() const {
    ::kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }
  pid_t process;
};

/// A far side that allows so many in an interval that begins with its first request, and tells what is left.
struct FarSide {
  AnswerFacts answer(Budget::Time now) {
    if (now >= ends) {
      ends = now + 10s;
      left = allowed;
    }
    refused += --left < 0 ? 1 : 0;
    AnswerFacts facts;
    facts.told.left = std::max(left, 0);
    facts.told.most = allowed;
    facts.told.interval = 10s;
    facts.refused = left < 0;
    return facts;
  }
  int allowed = 100, left = 0, refused = 0;
  Budget::Time ends{};
};

AnswerFacts told_of_day(std::int64_t left) {
  AnswerFacts facts;
  facts.told = {.left = 50, .most = 100, .interval = 10s, .day_left = left, .day_most = 1000, .day_renewed_in = 1h};
  return facts;
}

}  // namespace

TEST_SUITE_BEGIN("courier");

TEST_CASE("three programs keep to one budget together, and use nine tenths of it at least") {
  const test::TemporaryFolder folder;
  std::vector<std::unique_ptr<Program>> programs;
  for (int number = 0; number < 3; ++number) programs.push_back(std::make_unique<Program>(folder.path() / "budgets"));
  FarSide far;
  int sent = 0;
  for (Budget::Time now = start; now < start + 60s; now += 20ms) {
    std::vector<std::pair<std::unique_ptr<Ticket>, AnswerFacts>> under_way;
    for (const auto& program : programs) {
      if (auto ticket = program->ask(now)) under_way.emplace_back(std::move(ticket), far.answer(now));
    }
    sent += static_cast<int>(under_way.size());
    for (auto& [ticket, answer] : under_way) ticket->learn(answer, now + 10ms);
  }
  CHECK(far.refused == 0);
  CHECK(sent >= 540);
}

TEST_CASE("a refusal that one program gets is known to the others, and so is what is left of the day") {
  const test::TemporaryFolder folder;
  Program one(folder.path() / "budgets"), other(folder.path() / "budgets");
  one.ask(start)->learn(told_of_day(1), start);
  CHECK(other.turn(start) == TurnKind::go);
  CHECK(other.budget->facts(start).day_left == 1);
  AnswerFacts refused;
  refused.refused = true;
  refused.come_back_in = 30s;
  one.ask(start)->learn(refused, start);
  CHECK(other.turn(start + 1s) == TurnKind::over);
  CHECK(other.budget->facts(start + 1s).closed_for == 29s);
}

TEST_CASE("what a program that was killed had under way is nobody's, and the next in its place begins without") {
  const test::TemporaryFolder folder;
  Program lives(folder.path() / "budgets");
  const AskingProgram dies(folder.path() / "budgets");
  CHECK(lives.turn(start) == TurnKind::hear);
  dies.kill();
  SUBCASE("the others see it") { CHECK(lives.turn(start) == TurnKind::ask); }
  SUBCASE("so does who takes its place") {
    Program next(folder.path() / "budgets");
    CHECK(next.turn(start) == TurnKind::ask);
    CHECK(lives.turn(start) == TurnKind::ask);
  }
}

TEST_CASE("what the project allows is counted by all together, and said by each for itself") {
  const test::TemporaryFolder folder;
  RequestLimits few;
  few.requests = 4;
  few.interval = 10s;
  Program one(folder.path() / "budgets", few), other(folder.path() / "budgets", few), freer(folder.path() / "budgets");
  FarSide far;
  for (int number = 0; number < 2; ++number) {
    one.ask(start)->learn(far.answer(start), start);
    other.ask(start)->learn(far.answer(start), start);
  }
  CHECK(one.turn(start) == TurnKind::wait);
  CHECK(other.turn(start) == TurnKind::wait);
  CHECK(freer.turn(start) == TurnKind::go);
}

TEST_CASE("a file of another start of the machine is begun anew, but not under those who use it") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "budgets";
  std::ofstream(file) << "something else";
  Program one(file);
  REQUIRE(one.shared);
  std::fstream(file, std::ios::in | std::ios::out) << "another program's layout";
  CHECK(joined(file) == nullptr);
}

TEST_CASE("a file that cannot be used, or that is full, leaves each to count by itself") {
  const test::TemporaryFolder folder;
  CHECK(SharedBudgets::join(folder.path() / "no such folder" / "budgets").error().code == ErrorCode::unavailable);
  std::filesystem::create_symlink(folder.path() / "elsewhere", folder.path() / "link");
  CHECK(SharedBudgets::join(folder.path() / "link").error().code == ErrorCode::denied);
  std::vector<std::unique_ptr<SharedBudgets>> all;
  for (std::size_t number = 0; number < budget_places; ++number) all.push_back(joined(folder.path() / "budgets"));
  CHECK(all.back() != nullptr);
  Program late(folder.path() / "budgets");
  CHECK(late.shared == nullptr);
  CHECK(late.turn(start) == TurnKind::ask);
}

TEST_CASE("a program that was stopped while it held the budget holds nobody up for long") {
  const test::TemporaryFolder folder;
  Program stopped(folder.path() / "budgets"), other(folder.path() / "budgets");
  const Budget::Hold hold(*stopped.budget);
  CHECK(other.turn(start) == TurnKind::ask);
}

TEST_SUITE_END();

}  // namespace millrace
