#include <algorithm>

#include "rehearsal/undo.hpp"
#include "yaml/quotes.hpp"

namespace millrace {
namespace {

/// Reversals in a row that are alike but for their values: one loop.
struct Part {
  const Reversal* first;
  std::vector<std::string> inputs;
  Value::List items;
};

std::vector<std::string> names_in(const Value& input) {
  std::vector<std::string> names;
  for (const auto& [name, value] : input.map()) names.push_back(name.text());
  return names;
}

std::vector<Part> parts_of(const std::vector<Reversal>& reversals) {
  std::vector<Part> parts;
  for (const Reversal& each : reversals) {
    const std::vector<std::string> inputs = names_in(each.input);
    const bool alike = !parts.empty() && parts.back().first->action == each.action &&
                       parts.back().first->connection == each.connection && parts.back().inputs == inputs;
    if (!alike) parts.push_back({&each, inputs, {}});
    parts.back().items.push_back(each.input);
  }
  return parts;
}

/// One that is refused for good, because its thing is gone or is not what it was, does not end the others; a far side
/// that cannot be asked now does.
std::string text_of(const Part& part, const std::string& name) {
  // In lists the step stands under its id: the action's name, as far as an id may be so, and the part's number.
  std::string back = part.first->action->name + name.substr(name.rfind('_'));
  std::replace(back.begin(), back.end(), '.', '_');
  std::string text = "  - id: " + name + "\n    for_each: event." + name + "\n    do:\n      - id: " + back +
                     "\n        action: " + part.first->action->name + "\n";
  if (!part.first->connection.empty()) text += "        connection: " + in_double_quotes(part.first->connection) + "\n";
  if (!part.inputs.empty()) text += "        with:\n";
  for (const std::string& input : part.inputs)
    text += "          " + in_double_quotes(input) + ": " +
            in_yaml_quotes("${{ item[" + in_double_quotes(input) + "] }}") + "\n";
  // Not a question behind the step: what a far side answers may have a member "error", or be no mapping.
  text += "        on_error:\n          - set: {refused: \"${{ vars.?refused.orValue([]) + [" + back +
          ".error.message] }}\"}\n          - if: \"!(" + back +
          ".error.code in ['invalid', 'not_found', 'conflict', 'denied'])\"\n" +
          "            stop: {outcome: failed, message: \"${{ " + back + ".error.message }}\"}\n";
  return text;
}

constexpr const char* end_of_refused =
    "  - if: vars.?refused.orValue([]).size() > 0\n"
    "    stop:\n"
    "      outcome: failed\n"
    "      message: \"${{ vars.refused[0] + (vars.refused.size() > 1 ? ' (and ' + string(vars.refused.size() - 1) + ' "
    "more "
    "could not be taken back)' : '') }}\"\n";

}  // namespace

std::string undo_name(RunKey run) { return "undo-" + render(run); }

UndoWorkflow workflow_of(const Undo& undo, const RunHead& undone, const std::vector<RunKey>& called) {
  UndoWorkflow made;
  made.id = undo_name(undone.key);
  // What is put back stands in the event: no value of a far side is read as an expression, however it looks.
  made.text = "version: 1\nname: " + in_double_quotes("Undo run " + render(undone.key) + " of " + undone.workflow) +
              "\ntriggers: manual\n" +
              (undone.location.empty() ? "" : "locations: [" + in_double_quotes(undone.location) + "]\n") +
              "safety: {max_changes: " + std::to_string(undo.reversals.size()) + "}\nactions:\n";
  Map event;
  event.set("undoes", render(undone.key));
  Value::List together;
  for (const RunKey run : called) together.push_back(render(run));
  if (!together.empty()) event.set(undone_together, std::move(together));
  for (const Part& part : parts_of(undo.reversals)) {
    const std::string name = "part_" + std::to_string(event.size());
    made.text += text_of(part, name);
    event.set(name, part.items);
  }
  made.text += end_of_refused;
  made.event = Value(std::move(event));
  return made;
}

}  // namespace millrace
