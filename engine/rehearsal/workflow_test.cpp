#include "rehearsal/workflow_test.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <map>
#include <utility>

#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "decider/run_state.hpp"
#include "decider/story.hpp"
#include "gate/encode_change.hpp"
#include "gate/written_files.hpp"
#include "rehearsal/foreground.hpp"
#include "rehearsal/given_event.hpp"
#include "rehearsal/recorded_test.hpp"
#include "rehearsal/replay.hpp"
#include "runtime/clocks.hpp"
#include "value/json.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"

namespace millrace {

namespace {

/// Something goes round in circles then, which no test waits for.
constexpr std::uint64_t most_moments = 2'000'000;

/// What a test keeps of a run's steps, by the names that people know.
class StepsSeen {
 public:
  void hear(const Workflow& workflow, const RunEvent& event) {
    if (const auto* started = std::get_if<StepStarted>(&event.what)) {
      Seen& step = at(workflow, started->path);
      ++step.attempts;
      step.input = started->input;
    } else if (const auto* done = std::get_if<StepSucceeded>(&event.what)) {
      at(workflow, done->path).output = done->output;
    }
    const auto end = end_in(event);
    if (!end) return;
    Seen& step = at(workflow, *end->path);
    step.outcome = std::string(name_of(end->status));
    step.error = end->failure != nullptr ? failure_value(*end->failure) : Value();
  }

  /// The step as `expect` sees it; one that no run came to is that.
  Value find(const std::string& name) const {
    const auto exact = steps_.find(name);
    if (exact != steps_.end()) return told(exact->second);
    const Seen* only = nullptr;
    for (const auto& [label, step] : steps_) {
      const std::size_t slash = label.rfind('/');
      if (slash == std::string::npos || label.substr(slash + 1) != name) continue;
      if (only != nullptr) return Value::object({{"outcome", "several of that name: say which, as " + label}});
      only = &step;
    }
    return only != nullptr ? told(*only) : Value::object({{"outcome", "not_reached"}});
  }

 private:
  struct Seen {
    std::string outcome = "not_finished";
    std::int64_t attempts = 0;
    Value input, output, error;
  };

  Seen& at(const Workflow& workflow, const StepPath& path) { return steps_[label_of(workflow, path)]; }
  static Value told(const Seen& step) {
    return Value::object({{"outcome", step.outcome},
                          {"attempts", step.attempts},
                          {"input", step.input},
                          {"output", step.output},
                          {"error", step.error}});
  }

  std::map<std::string, Seen> steps_;
};

Value event_of(const WorkflowTest& test, const Workflow& workflow, const Catalog& catalog) {
  if (test.event) return *test.event;
  const Trigger* trigger = trigger_with_example(workflow, catalog);
  return trigger != nullptr ? trigger->examples.front().output : Value(Map());
}

Status put_files(const std::filesystem::path& folder, const WorkflowTest& test) {
  std::error_code failed;
  for (const auto& [name, content] : test.files) {
    const std::filesystem::path file = folder / name;
    std::filesystem::create_directories(file.parent_path(), failed);
    std::ofstream(file, std::ios::binary) << content;
    if (!std::filesystem::exists(file, failed)) return Error{ErrorCode::invalid, "cannot put the file " + name};
  }
  return Done{};
}

/// What was written, by name below the output folder: text, or bytes where it is none.
Value written_in(const std::filesystem::path& folder) {
  Map files;
  std::error_code failed;
  std::vector<std::filesystem::path> found;
  for (auto entry = std::filesystem::recursive_directory_iterator(folder, failed);
       !failed && entry != std::filesystem::recursive_directory_iterator(); entry.increment(failed)) {
    if (entry->is_regular_file()) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  for (const std::filesystem::path& file : found) {
    auto content = read_input(file.string());
    if (!content) continue;
    Value value = valid_utf8(*content) ? Value(*content) : Value::bytes(*content);
    files.set(file.lexically_relative(folder).string(), std::move(value));
  }
  return files;
}

/// One test under way.
class Trial {
 public:
  Trial(const WorkflowTest& test, const Workflow& workflow, const Catalog& catalog, Branches& branches)
      : test_(test), branches_(branches), script_(test, workflow, catalog) {}

  TestScript& script() noexcept { return script_; }

  void hear(const Workflow& tested, const Workflow& workflow, const RunEvent& event) {
    if (const auto* waiting = std::get_if<StepWaiting>(&event.what)) script_.look_ahead(waiting->message.has_value());
    if (std::holds_alternative<QuestionPrepared>(event.what)) script_.look_ahead(false);
    if (&tested != &workflow) return;  // what called workflows do is for their own tests
    branches_.hear(event);
    steps_.hear(workflow, event);
  }

  void fail(const SourceMark& at, std::string message) { problems_.push_back({at, std::move(message)}); }

  void judge(const RunReport& report, const std::filesystem::path& files) {
    Value::List changes;
    for (const Change& change : report.record.changes) changes.push_back(encode_change(change));
    for (const auto& [name, expected] : test_.expect.members) {
      if (name == "outcome") judge_outcome(expected, report);
      if (name == "error") judge(expected, report.error ? failure_value(*report.error) : Value(), name);
      if (name == "output") judge(expected, report.output, name);
      if (name == "files") judge(expected, written_in(files / output_folder), name);
      if (name == "changes") judge_changes(expected, changes);
      if (name == "steps") {
        for (const auto& [step, wanted] : expected.members) judge(wanted, steps_.find(step), "steps." + step);
      }
    }
  }

  /// Of an earlier run nothing else is expected.
  void expect_end(const RunReport& report) {
    if (report.outcome == RunOutcome::completed || report.outcome == RunOutcome::skipped) return;
    fail(test_.at, "an earlier run ended as " + std::string(name_of(report.outcome)) +
                       (report.error ? ": " + report.error->message : ""));
  }

  std::vector<TestProblem> problems() const {
    std::vector<TestProblem> all = script_.problems();
    all.insert(all.end(), problems_.begin(), problems_.end());
    return all;
  }

 private:
  void judge(const Expected& expected, const Value& actual, const std::string& place, const std::string& more = "") {
    std::vector<Mismatch> mismatches;
    compare(expected, &actual, place, mismatches);
    for (const Mismatch& each : mismatches)
      fail(each.at, each.place + ": expected " + each.expected + ", got " + each.got + more);
  }

  void judge_outcome(const Expected& expected, const RunReport& report) {
    std::string why = report.error ? ": " + report.error->message : "";
    if (report.outcome == RunOutcome::waiting) why = ": it asks people, so say what they answer (approve: yes or no)";
    judge(expected, Value(std::string(name_of(report.outcome))), "outcome", why);
  }

  /// Where they differ, all that it changed is told: that says more than the first difference.
  void judge_changes(const Expected& expected, const Value::List& changes) {
    const std::size_t before = problems_.size();
    const bool count = expected.kind == Expected::Kind::value && expected.value.is(Kind::integer);
    judge(expected, count ? Value(static_cast<std::int64_t>(changes.size())) : Value(changes), "changes");
    if (problems_.size() == before) return;
    std::string all;
    for (const Value& change : changes) all += "\n  " + printable(change.text_or("summary"));
    fail(expected.at, changes.empty() ? "it changed nothing" : "what it changed:" + all);
  }

  const WorkflowTest& test_;
  Branches& branches_;
  TestScript script_;
  StepsSeen steps_;
  std::vector<TestProblem> problems_;
};

/// Where people answer what a run asks: nowhere, but messages hold it.
std::string stand_in_link(RunKey) { return "https://millrace.invalid/approve"; }

}  // namespace

TestBench::TestBench(const std::filesystem::path& folder, const Project& project, const Catalog& catalog,
                     PluginOptions options)
    : folder_(folder),
      project_(without_credentials(project)),
      catalog_(catalog),
      time_([] { return Duration::zero(); }, most_moments),
      loop_(time_),
      plugins_(open_plugin_host(loop_, project.trust, std::move(options))) {}

TestBench::~TestBench() {
  use_steady_source(nullptr);  // the libraries' threads end by the real time
  plugins_.reset();
  std::error_code failed;
  if (!scratch_.empty()) std::filesystem::remove_all(scratch_, failed);
}

Result<std::filesystem::path> TestBench::folder_for_files() {
  if (scratch_.empty()) {
    std::error_code missing;
    const auto place = std::filesystem::temp_directory_path(missing);
    if (missing)
      return Error{ErrorCode::unavailable,
                   "there is no folder for the files of a test: TMPDIR names none (" + missing.message() + ")"};
    std::string made = (place / "millrace-test-XXXXXX").string();
    if (mkdtemp(made.data()) == nullptr)
      return Error{ErrorCode::unavailable, "cannot make a folder for the files of a test in " + place.string() + ": " +
                                               std::strerror(errno) + "; TMPDIR can name another place"};
    scratch_ = std::move(made);
  }
  return scratch_ / "project";
}

/// What the runs of one test share: plugins remember from one to the next.
struct TestBench::Shared {
  const std::shared_ptr<const Workflow>& workflow;
  Branches& branches;
  std::vector<TestProblem>& problems;
  std::string location;
  std::filesystem::path files;
  std::unique_ptr<Journal> journal = open_memory_journal();
  std::unique_ptr<StateStore> states = open_states_in(*journal);
  std::unique_ptr<Secrets> secrets = open_stand_in_secrets();
};

TestResult TestBench::run(const WorkflowTest& test, const std::shared_ptr<const Workflow>& workflow,
                          Branches& branches) {
  TestResult result{test.name, test.at, {}, {}};
  const Duration begun = time_.passed();
  const auto files = folder_for_files();
  if (!files) {
    result.problems.push_back({test.at, files.error().message});
    return result;
  }
  Shared shared{workflow, branches, result.problems, test.location, *files};
  Status ready = put_files(shared.files, test);
  for (const WorkflowTest& earlier : test.before) {
    if (ready) ready = carry_out(earlier, false, shared);
  }
  if (ready) ready = carry_out(test, true, shared);
  if (!ready) result.problems.push_back({test.at, ready.error().message});
  result.simulated = time_.passed() - begun;
  std::error_code failed;
  std::filesystem::remove_all(shared.files, failed);
  return result;
}

/// One run of a test, the last of which is judged.
Status TestBench::carry_out(const WorkflowTest& test, bool last, Shared& shared) {
  const Value event = event_of(test, *shared.workflow, catalog_);
  const Value delivery = test.delivery.is_null() ? Value() : TRY(delivery_to(*shared.workflow, test.delivery));
  const auto locations = TRY(locations_of(*shared.workflow, project_, catalog_, event, shared.location));
  Trial trial(test, *shared.workflow, catalog_, shared.branches);
  const auto courier = open_replaying_courier(project_, catalog_, *shared.secrets, trial.script());
  ReplayingPlugins plugins(*plugins_, time_, trial.script());
  WrittenFiles written;
  const auto clock = open_clock_from(test.now);
  std::map<std::string, std::string> tokens;
  const Outside outside{loop_, *courier, *shared.secrets, *shared.states, written};
  ForegroundWorld world{loop_,   folder_, project_, catalog_,      *shared.journal, outside,
                        plugins, *clock,  tokens,   stand_in_link, false,           shared.files};
  world.answers = [&trial](const Workflow& of, const StepPath& step) {
    return trial.script().approval(label_of(of, step));
  };
  world.on_event = [&](const Workflow& of, const RunEvent& heard) { trial.hear(*shared.workflow, of, heard); };
  Assignment assignment{
      shared.workflow, {{locations.front(), last ? run_of_a_test : "", test.now}}, event, delivery, true};
  assignment.of_project = false;
  OffSwitch off_switch;
  std::vector<RunReport> finished;
  try {
    loop_.run(carry_out_all(world, std::move(assignment), off_switch, finished));
    if (last) trial.judge(finished.front(), shared.files);
    if (!last) trial.expect_end(finished.front());
  } catch (const std::exception& stuck) {  // of simulated time
    trial.fail(test.at, std::string("the run does not come to an end: ") + stuck.what());
  }
  for (TestProblem& problem : trial.problems()) shared.problems.push_back(std::move(problem));
  return Done{};
}

}  // namespace millrace
