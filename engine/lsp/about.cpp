#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "lsp/completion.hpp"
#include "lsp/forms.hpp"
#include "lsp/hover.hpp"

namespace millrace::lsp {
namespace {

/// The inputs as a list, those that are wanted first.
std::string listed_inputs(const Schema& schema) {
  std::vector<FormKey> keys = keys_of({&schema.document(), &schema.document()});
  std::stable_partition(keys.begin(), keys.end(), [](const FormKey& key) { return key.required; });
  std::string text;
  for (const FormKey& key : keys) {
    text += "- `" + key.name + "`";
    const std::string type = words_of_type(key.form);
    std::vector<std::string> notes;
    if (!type.empty()) notes.push_back(type);
    if (key.required) notes.emplace_back("required");
    if (!notes.empty()) text += " (" + join(notes, ", ") + ")";
    const std::string said = key.form.description();
    text += said.empty() ? "\n" : ": " + said + "\n";
  }
  return text;
}

std::string paragraph(const std::string& text) { return text.empty() ? "" : text + "\n\n"; }

std::string without_line_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

std::string about_action(const Action& action) {
  std::string facts = "Effect: " + std::string(name_of(action.effect));
  if (!action.scope.empty()) facts += ". Scope: `" + action.scope + "`";
  if (action.connection) facts += ". Needs a connection of `" + action.plugin + "`";
  std::string text = paragraph(action.summary) + paragraph(facts + ".") + paragraph(action.caution);
  if (action.input) text += paragraph(listed_inputs(*action.input));
  return without_line_end(std::move(text));
}

std::string about_trigger(const Trigger& trigger) {
  std::string text = paragraph(trigger.summary);
  if (!trigger.scope.empty()) text += paragraph("Scope: `" + trigger.scope + "`.");
  if (trigger.with) text += paragraph(listed_inputs(*trigger.with));
  return without_line_end(std::move(text));
}

std::string about_function(const FunctionEntry& entry) {
  return "`" + entry.signature + "`\n\n" + entry.summary + "\n\n```\n" + entry.example + "\n```";
}

}  // namespace millrace::lsp
