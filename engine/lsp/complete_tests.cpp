#include <array>
#include <variant>

#include "lsp/completion.hpp"
#include "lsp/tested.hpp"

namespace millrace::lsp {
namespace {

constexpr std::array<std::string_view, 5> outcomes = {"succeeded", "failed", "skipped", "unsure", "not_reached"};

struct TestWord {
  std::string_view word, means;
};
constexpr std::array<TestWord, 3> matchers = {{{"contains", "a text with this in it, or a list with such an item"},
                                               {"matches", "a text in which the regular expression is found"},
                                               {"where", "an expression over value that is true"}}};
constexpr std::array<TestWord, 5> of_step = {{{"outcome", "how it ended"},
                                              {"attempts", "how often it was tried"},
                                              {"input", "what it was given"},
                                              {"output", "what it gave"},
                                              {"error", "why it failed"}}};

/// Where a far side is asked, which is what a test answers.
bool wants_answer(const Action& action) { return !action.result && !action.reads_file && !action.mails(); }

bool stands_within(const Place& place, std::string_view key) {
  for (const Place::Step& step : place.way) {
    if (step.key == key) return true;
  }
  return false;
}

}  // namespace

void add_keys_of_test(const Asked& asked, const Place& map, const Node* there, Completions& found) {
  const auto add = [&](std::string_view name, std::string_view detail, int rank) {
    if (there != nullptr && there->find(name) != nullptr) return;
    found.items.push_back(
        {Completion::Kind::key, std::string(name), std::string(detail), "", std::string(name) + ": ", rank});
  };
  const std::string key = map.key();
  const Workflow* workflow = tested_workflow(map, asked.view);
  if (key == "answers" || key == "steps" || key == "approve") {
    if (workflow == nullptr) return;
    each_step(*workflow, [&](const Step& step) {
      const auto* acts = std::get_if<ActionStep>(&step.what);
      const Action* action = acts != nullptr ? asked.view.catalog->find_action(acts->action) : nullptr;
      const bool asks = std::holds_alternative<ApproveBlock>(step.what);
      const bool fits = key == "approve" ? asks : key == "steps" || (action != nullptr && wants_answer(*action));
      if (!fits) return;
      if (!step.id.empty()) add(step.id, action != nullptr ? action->name : "step", 0);
      if (action != nullptr && (key == "answers" || step.id.empty())) add(action->name, name_of(action->effect), 1);
    });
    return;
  }
  if (!stands_within(map, "expect") || key == "expect") return;
  const bool of_a_step = map.way.size() > 1 && map.outside().key() == "steps";
  if (of_a_step) {
    for (const TestWord& one : of_step) add(one.word, one.means, 0);
  } else if (there == nullptr || there->members.size() < 2) {
    for (const TestWord& one : matchers) add(one.word, one.means, 2);
  }
}

void add_words_of_test(const Asked& asked, Completions& found) {
  const Place& place = asked.standing.place;
  const auto add = [&found](std::string_view word, std::string_view detail) {
    found.items.push_back({Completion::Kind::word, std::string(word), std::string(detail), "", std::string(word), 0});
  };
  if (place.way.empty()) return;
  const std::string key = place.key(), map = place.outside().key();
  if (map == "steps") {
    for (const std::string_view outcome : outcomes) add(outcome, "");
  } else if (map == "answers") {
    add("example", "that of the catalogue");
  } else if (key == "approve") {
    for (const char* word : {"yes", "no"}) add(word, "to all that is asked");
  } else if (stands_within(place, "expect") && key != "outcome" && map != "expect") {
    add("any", "something is there");
  }
}

}  // namespace millrace::lsp
