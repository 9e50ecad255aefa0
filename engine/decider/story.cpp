#include "decider/story.hpp"

#include <utility>

namespace millrace {

namespace {

struct Ends {
  using End = std::optional<StepEnd>;
  End operator()(const StepSucceeded& event) const { return StepEnd{&event.path, StepStatus::succeeded}; }
  End operator()(const StepSkipped& event) const { return StepEnd{&event.path, StepStatus::skipped}; }
  End operator()(const StepUndecided& event) const { return StepEnd{&event.path, StepStatus::skipped}; }
  End operator()(const StepFailed& event) const {
    if (event.again_at) return std::nullopt;
    const bool unsure = event.failure.code == ErrorCode::unsure;
    return StepEnd{&event.path, unsure ? StepStatus::unsure : StepStatus::failed, &event.failure};
  }
  End operator()(const auto&) const { return std::nullopt; }
};

/// What each kind changes.
struct Telling {
  Story& story;
  Timestamp at;

  void operator()(const RunStarted&) const {  // a dry run that was interrupted begins again
    begin_again();
    story.steps.clear();
    story.changes.clear();
  }
  void operator()(const RunReopened& event) const {
    begin_again();
    const StepPath& from = event.from;
    std::erase_if(story.steps, [&](const auto& each) {
      if (each.first.front() != 0) return true;
      if (!from.empty()) return each.first[1] >= from[1];
      const auto& failure = each.second.failure;
      if (event.connected) return failure && failure->code == ErrorCode::unconnected;
      return each.second.status == StepStatus::failed || each.second.status == StepStatus::unsure;
    });
  }
  void operator()(const StepStarted& event) const {
    StepStory& step = story.steps[event.path];
    step.status = StepStatus::running;
    ++step.attempts;
    step.input = event.input;
    step.failure.reset();
    step.waits_until.reset();
    step.asks.reset();
    step.ended.reset();
    if (!step.started) step.started = at;
    const bool block = event.input.is_null();
    if (!block || !story.place) stand(event.path);
  }
  void operator()(const StepWaiting& event) const {
    StepStory& step = story.steps[event.path];
    step.waits_until = event.until;
    step.asks = event.message;
    stand(event.path);
  }
  void operator()(const AnswerGiven& event) const {
    StepStory& step = story.steps[event.path];
    step.waits_until.reset();
    step.asks.reset();
  }
  void operator()(const StepSucceeded& event) const { story.steps[event.path].output = event.output; }
  void operator()(const StepSkipped& event) const { story.steps[event.path].condition = event.condition; }
  void operator()(const StepFailed& event) const {
    // The innermost step tells its failure first; the blocks around it only pass it on.
    const std::optional<Error> told = story.place ? story.steps[*story.place].failure : std::nullopt;
    if (!told || told->message.find(event.failure.message) == std::string::npos) stand(event.path);
    StepStory& step = story.steps[event.path];
    step.failure = event.failure;
    step.ended = at;
    step.waits_until = event.again_at;
    if (event.again_at) step.status = StepStatus::waiting;
    story.again_at = event.again_at;
  }
  void operator()(const StepResolved& event) const {
    StepStory& step = story.steps[event.path];
    step.status = event.happened ? StepStatus::succeeded : StepStatus::waiting;
    step.failure.reset();
    if (event.happened) step.output = event.output;
  }
  void operator()(const StepPutBack& event) const {
    StepStory& step = story.steps[event.path];
    step.status = StepStatus::waiting;
    --step.attempts;
  }
  void operator()(const ChangeMade& event) const { story.changes.push_back(event.change); }

  // What these mean for a step, its own events say.
  void operator()(const VarsSet&) const {}
  void operator()(const BlockOpened&) const {}
  void operator()(const LoopOpened&) const {}
  void operator()(const BlockClosed&) const {}
  void operator()(const StepUndecided&) const {}
  void operator()(const HandlerOpened&) const {}
  void operator()(const RunStopping&) const {}
  void operator()(const PhaseOpened&) const {}
  void operator()(const RunFinished&) const {}
  void operator()(const CancelAsked&) const {}
  void operator()(const ActionFailed&) const {}
  void operator()(const EffectBegun&) const {}
  void operator()(const EffectEnded&) const {}
  void operator()(const EngineDied&) const {}
  void operator()(const QuestionPrepared&) const {}
  void operator()(const BeforeSeen&) const {}
  void operator()(const TimeRenewed&) const {}

 private:
  void begin_again() const {
    story.place.reset();
    story.again_at.reset();
  }
  void stand(const StepPath& path) const {
    story.place = path;
    story.again_at.reset();
  }
};

}  // namespace

std::optional<StepEnd> end_in(const RunEvent& event) { return std::visit(Ends(), event.what); }

void Story::hear(const RunEvent& event) {
  std::visit(Telling{*this, event.at}, event.what);
  const auto end = end_in(event);
  if (!end) return;
  StepStory& step = steps[*end->path];
  step.status = end->status;
  step.ended = event.at;
}

}  // namespace millrace
