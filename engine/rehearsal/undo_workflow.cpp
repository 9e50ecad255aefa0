#include <algorithm>
#include <deque>

#include "rehearsal/undo.hpp"
#include "yaml/quotes.hpp"

namespace millrace {
namespace {

/// What reversals are that are alike but for their values: one step.
struct Shape {
  const Reversal* first;
  std::vector<std::string> inputs;
  std::string id;
};

std::vector<std::string> names_in(const Value& input) {
  std::vector<std::string> names;
  for (const auto& [name, value] : input.map()) names.push_back(name.text());
  return names;
}

/// In lists the step stands under its id: the action's name, as far as an id may be so, and a number.
std::string id_of_step(const Action& action, std::size_t number) {
  std::string id = action.name + "_" + std::to_string(number);
  std::replace(id.begin(), id.end(), '.', '_');
  return id;
}

const Shape& shape_of(const Reversal& reversal, std::deque<Shape>& shapes) {
  const std::vector<std::string> inputs = names_in(reversal.input);
  for (const Shape& each : shapes) {
    const bool alike = each.first->action == reversal.action && each.first->connection == reversal.connection;
    if (alike && each.inputs == inputs) return each;
  }
  return shapes.emplace_back(Shape{&reversal, inputs, id_of_step(*reversal.action, shapes.size() + 1)});
}

/// One that is refused for good, because its thing is gone or is not what it was, does not end the others; a far side
/// that cannot be asked now does.
std::string text_of(const Shape& shape) {
  std::string text = "          - when: " + shape.id + "\n            do:\n              - id: " + shape.id +
                     "\n                action: " + shape.first->action->name + "\n";
  if (!shape.first->connection.empty())
    text += "                connection: " + in_double_quotes(shape.first->connection) + "\n";
  if (!shape.inputs.empty()) text += "                with:\n";
  for (const std::string& input : shape.inputs)
    text += "                  " + in_double_quotes(input) + ": " +
            in_yaml_quotes("${{ item.with[" + in_double_quotes(input) + "] }}") + "\n";
  // Not a question behind the step: what a far side answers may have a member "error", or be no mapping.
  const std::string failure = shape.id + ".error";
  text += "                on_error:\n                  - set: {refused: \"${{ vars.?refused.orValue([]) + [" +
          failure + ".message] }}\"}\n                  - if: \"!(" + failure +
          ".code in ['invalid', 'not_found', 'conflict', 'denied'])\"\n" +
          "                    stop: {outcome: failed, message: \"${{ " + failure + ".message }}\"}\n";
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
  std::deque<Shape> shapes;
  Value::List steps;
  for (const Reversal& each : undo.reversals)
    steps.push_back(Value::object({{"step", shape_of(each, shapes).id}, {"with", each.input}}));
  event.set("steps", std::move(steps));
  made.text += "  - id: undo\n    for_each: event.steps\n    do:\n      - switch: item.step\n        cases:\n";
  for (const Shape& shape : shapes) made.text += text_of(shape);
  made.text += end_of_refused;
  made.event = Value(std::move(event));
  return made;
}

}  // namespace millrace
