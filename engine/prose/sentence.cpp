#include "prose/sentence.hpp"

#include <utility>

#include "base/printable.hpp"
#include "prose/phrases.hpp"
#include "value/or_null.hpp"

namespace millrace {

namespace {

void render_lines(const Sentence& sentence, std::size_t indent, std::string& text) {
  const std::string number = sentence.number.empty() ? "" : sentence.number + ". ";
  text += std::string(indent, ' ') + number + printable(line_of(sentence)) + "\n";
  for (const Sentence& each : sentence.below) render_lines(each, indent + (number.empty() ? 2 : number.size()), text);
}

}  // namespace

std::string line_of(const Sentence& sentence) {
  if (sentence.about.empty()) return sentence.text;
  if (sentence.text.empty()) return sentence.about + ":";
  return fill(phrases().labelled, {{"about", sentence.about}, {"text", sentence.text}});
}

std::string render(const Sentence& whole) {
  std::string text = printable(line_of(whole)) + "\n";
  for (const Sentence& heading : whole.below) {
    text += "\n";
    render_lines(heading, 0, text);
  }
  return text;
}

Value encode(const Sentence& sentence) {
  Value::List below;
  for (const Sentence& each : sentence.below) below.push_back(encode(each));
  const bool placed = sentence.at.line > 0;
  return Value::object({{"part", sentence.part},
                        {"about", text_or_null(sentence.about)},
                        {"text", text_or_null(sentence.text)},
                        {"number", text_or_null(sentence.number)},
                        {"line", placed ? Value(std::int64_t{sentence.at.line}) : Value()},
                        {"column", placed ? Value(std::int64_t{sentence.at.column}) : Value()},
                        {"sentences", Value(std::move(below))}});
}

}  // namespace millrace
