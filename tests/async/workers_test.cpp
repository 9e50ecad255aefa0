#include "async/workers.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>

using namespace millrace;

namespace {

using Job = std::function<void()>;

/// A loop's queue, whose turns come when the test says so.
struct Turns {
  std::deque<Job> waiting;

  std::function<void(Job)> post() {
    return [this](Job turn) { waiting.push_back(std::move(turn)); };
  }
  void come() {
    for (Job& turn : std::exchange(waiting, {})) turn();
  }
};

Job noting(std::string& trace, char letter) {
  return [&trace, letter] { trace += letter; };
}

}  // namespace

TEST_SUITE_BEGIN("async");

TEST_CASE("jobs that are gathered in one turn take one turn, and start in the order of their coming") {
  Turns turns;
  std::string trace;
  {
    Workers workers(1);
    for (const char letter : {'a', 'b', 'c'}) workers.gather(noting(trace, letter), turns.post());
    CHECK(turns.waiting.size() == 1);
    turns.come();
    for (const char letter : {'d', 'e'}) workers.gather(noting(trace, letter), turns.post());
    CHECK(turns.waiting.size() == 1);
    turns.come();
  }
  CHECK(trace == "abcde");
}

TEST_CASE("gathered jobs whose turn does not come any more are done all the same, once") {
  Turns turns;
  std::string trace;
  {
    Workers workers(1);
    for (const char letter : {'a', 'b'}) workers.gather(noting(trace, letter), turns.post());
  }
  CHECK(trace == "ab");
  turns.come();
  CHECK(trace == "ab");
}

TEST_SUITE_END();
