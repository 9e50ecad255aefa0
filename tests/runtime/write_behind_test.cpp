#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "journal_around.hpp"
#include "runtime/run_bench.hpp"

namespace millrace {

namespace {

/// A journal whose disk takes as long as the test says, or refuses.
class HeldJournal final : public test::JournalAround {
 public:
  explicit HeldJournal(std::unique_ptr<Journal> inner) : JournalAround(*inner), inner_(std::move(inner)) {}

  Task<Result<Committed>> commit(Entry entry) override {
    const bool first = entries++ == 0;
    int ended = 0;
    for (const RunProgress& run : entry.runs) {
      for (const RunEvent& event : run.events) ended += std::holds_alternative<StepSucceeded>(event.what) ? 1 : 0;
    }
    for (int looks = 0; !first && holds && holds() && looks < most_looks; ++looks) {
      co_await sleep_for(std::chrono::milliseconds(1));
    }
    if (!first && !refuses.empty()) co_return Error{ErrorCode::unavailable, refuses};
    auto written = co_await JournalAround::commit(std::move(entry));
    ended_steps += ended;
    co_return written;
  }

  std::function<bool()> holds;  ///< whether the disk has not taken yet what lies behind the run's beginning
  std::string refuses;          ///< why, all that lies behind it
  int entries = 0;
  int ended_steps = 0;  ///< of which it is written how they succeeded

 private:
  static constexpr int most_looks =
      20'000;  // a run that waits for what it must not wait for comes to an end all the same
  std::unique_ptr<Journal> inner_;
};

struct HeldBench : test::RunBench {
  explicit HeldBench(const std::string& actions) : RunBench(actions) {
    auto wrapped = std::make_unique<HeldJournal>(std::move(journal));
    disk = wrapped.get();
    journal = std::move(wrapped);
    gate.fetches = true;
  }
  HeldJournal* disk;
};

}  // namespace

TEST_SUITE_BEGIN("runtime");

TEST_CASE("what follows a read does not wait for the disk, and a write does") {
  HeldBench bench(
      "  - {id: one, action: note.fetch}\n"
      "  - {id: two, action: note.fetch, with: {text: \"${{ one.answer }}\"}}\n"
      "  - {id: three, action: note.fetch, with: {text: \"${{ two.answer }}\"}}\n"
      "  - {id: four, action: note.write, with: {text: \"${{ three.answer }}\"}}\n");
  int written_before_write = -1, written_before_last_read = -1;
  bench.gate.on_asked = [&](const Action& action) {
    if (action.name == "note.write") written_before_write = bench.disk->ended_steps;
    if (bench.gate.asked.size() == 3) written_before_last_read = bench.disk->ended_steps;
  };
  bench.disk->holds = [&] { return bench.gate.asked.size() < 3; };
  const RunReport report = bench.run();
  CHECK(report.outcome == RunOutcome::completed);
  CHECK(written_before_last_read == 0);
  CHECK(written_before_write == 3);
  CHECK(bench.disk->ended_steps == 4);
}

TEST_CASE("many reads of a loop share few entries, however slow the disk is") {
  HeldBench bench("  - for_each: lists.range(40)\n    parallel: 10\n    do: [{action: note.fetch}]\n");
  bench.disk->holds = [&] { return bench.gate.asked.size() < 40; };
  const RunReport report = bench.run();
  CHECK(report.outcome == RunOutcome::completed);
  CHECK(bench.disk->ended_steps == 40 + 1);  // and the loop
  CHECK(bench.disk->entries < 20);
}

TEST_CASE("a run whose reads the journal refuses is broken, and writes nothing to a far side") {
  HeldBench bench(
      "  - {id: one, action: note.fetch}\n"
      "  - {id: two, action: note.fetch}\n"
      "  - {id: three, action: note.write}\n");
  bench.disk->refuses = "the disk is gone";
  bool wrote = false;
  bench.gate.on_asked = [&](const Action& action) { wrote = wrote || action.name == "note.write"; };
  const RunReport report = bench.run();
  CHECK(report.outcome == RunOutcome::failed);
  REQUIRE(report.error);
  CHECK(report.error->message == "the journal: the disk is gone");
  CHECK_FALSE(wrote);
}

TEST_SUITE_END();

}  // namespace millrace
