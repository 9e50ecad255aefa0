#include "lsp/completion.hpp"

namespace millrace::lsp {

void add_words(const Asked& asked, Completions& found) {
  for (const Form& form : choices_of(asked.forms)) {
    const std::string standard = form.schema->text_or("default");
    for (const std::string& word : words_of(form)) {
      const std::string detail = !standard.empty() && word == standard ? "unless said" : "";
      found.items.push_back({Completion::Kind::word, word, detail, form.description(), word, 0});
    }
    const Value* examples = form.schema->find("examples");
    if (examples == nullptr || !examples->is_list()) continue;
    for (const Value& example : examples->list()) {
      if (!example.is_text()) continue;
      found.items.push_back(
          {Completion::Kind::word, example.text(), "for example", form.description(), example.text(), 1});
    }
  }
}

}  // namespace millrace::lsp
