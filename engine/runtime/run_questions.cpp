#include <algorithm>
#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "gate/change_count.hpp"
#include "runtime/run.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_foreseen = 20;    // changes that are named; all are counted
constexpr std::size_t most_reasons = 5;      // why there may be others
constexpr std::size_t longest_change = 200;  // bytes
constexpr Duration time_to_foresee = std::chrono::minutes(2);

/// What is looked into the future for calls nobody: the called workflow would be a run of its own.
class NobodyCalled final : public Callees {
 public:
  Task<Result<Value>> call(CallOrder order) override {
    called = true;
    co_return Value::unknown("what the workflow \"" + order.workflow + "\" gives");
  }
  bool called = false;
};

/// One line, in which nothing turns the order of the words or hides others.
Value line_of(const std::string& text) { return shortened(printable(text), longest_change); }

Value foreseen_changes(const std::vector<Change>& changes) {
  Value::List lines;
  for (std::size_t i = 0; i < std::min(changes.size(), most_foreseen); ++i)
    lines.push_back(line_of(changes[i].summary));
  return Value(std::move(lines));
}

}  // namespace

void Run::foresee(const RunState& state, StepPath asked) {
  state_ = state;
  head_.started = started_ = state.started;
  now_ = now_of(state);
  new_ = must_write_ = true;
  keep(approval(std::move(asked), true, "", "", world_.clock.now()));
  decide_next();
}

Task<void> Run::foresee_to_its_end(Run& foreseen, News& news, bool& ended) {
  const auto standing = co_await foreseen.carry_on();
  ended = standing != Standing::broken;
  news.announce();
}

/// What a yes would allow is found by a dry run of what comes after the question: with the planning gate, and a
/// journal that nobody reads. It reads what the run will read, once more, and sends nothing.
Task<Value> Run::facts_of(StepPath path) {
  NobodyCalled nobody;
  const auto journal = open_memory_journal();
  World world{world_.loop, world_.project, world_.catalog, world_.plugins,
              *journal,    world_.clock,   world_.gates,   nobody};
  RunRequest request = request_;
  request.head = head_;
  request.head.live = false;
  request.now = now_;
  request.change_count = change_count()->apart();
  request.foresees = request.keep_notes = true;
  request.witness = nullptr;
  request.may_suspend = request.may_leave = false;
  request.on_entry = nullptr;
  request.on_end = nullptr;
  request.on_event = nullptr;
  request.on_change = nullptr;
  Run foreseen(world, std::move(request));
  foreseen.foresee(state_, path);
  bool ended = false, in_time = false;
  {
    News news;
    Scope scope(world_.loop);
    scope.spawn(foresee_to_its_end(foreseen, news, ended));
    co_await news.wait(Deadline::in(time_to_foresee));
    in_time = ended;
    co_await scope.stop();
  }
  const auto next = waiting_for_approval(*request_.workflow, foreseen.state());
  const bool asks_again = next && !is_asking(*request_.workflow, state_, *next);
  const RunReport report = std::move(foreseen).report();
  Value::List notes;
  for (const auto* said : {&report.notes, &report.record.notes}) {
    for (const std::string& note : *said) {
      if (notes.size() < most_reasons) notes.push_back(line_of(note));
    }
  }
  if (!in_time) notes.emplace_back("what comes later could not be found out in time");
  if (nobody.called) notes.emplace_back("what workflows change that are called is not among them");
  if (asks_again) notes.emplace_back("then the run asks again");
  if (report.outcome == RunOutcome::failed && report.error)
    notes.push_back(line_of("then the run would fail: " + report.error->message));
  const std::string link = request_.approval_link ? request_.approval_link(head_.key) : "";
  co_return Value::object({{"link", link},
                           {"count", static_cast<std::int64_t>(report.record.changes.size())},
                           {"changes", foreseen_changes(report.record.changes)},
                           {"notes", Value(std::move(notes))}});
}

/// Nothing comes of it where the question was answered meanwhile.
Task<void> Run::prepare(std::size_t number, StepPath path) {
  Value facts = co_await facts_of(path);
  performing_[number].ended = true;
  --under_way_;
  if (is_asking(*request_.workflow, state_, path))
    heard_.push_back({question_prepared(path, std::move(facts), world_.clock.now())});
  news_.announce();
}

}  // namespace millrace
