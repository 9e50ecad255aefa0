#include "members.hpp"

namespace millrace::reports {

namespace {

bool is_space(char letter) { return letter == ' ' || letter == '\n' || letter == '\t' || letter == '\r'; }

/// Walks over JSON text without reading its values.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  char here() const { return at_end() ? '\0' : text_[at_]; }
  void step() { ++at_; }
  void skip_space() {
    while (!at_end() && is_space(text_[at_])) ++at_;
  }

  /// The text inside of the quotes that begin here, as it is written.
  std::string_view quoted() {
    const std::size_t first = ++at_;
    while (!at_end() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    const std::string_view inside = text_.substr(first, at_ - first);
    ++at_;
    return inside;
  }

  std::string_view value() {
    const std::size_t first = at_;
    int depth = 0;
    while (!at_end()) {
      const char letter = text_[at_];
      if (letter == '"') {
        quoted();
        continue;
      }
      if (depth == 0 && (letter == ',' || letter == '}' || letter == ']' || is_space(letter))) break;
      if (letter == '{' || letter == '[') ++depth;
      if (letter == '}' || letter == ']') --depth;
      ++at_;
    }
    return text_.substr(first, at_ - first);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::map<std::string, std::string_view, std::less<>> members_of(std::string_view json) {
  std::map<std::string, std::string_view, std::less<>> members;
  Walk walk(json);
  walk.skip_space();
  walk.step();
  for (walk.skip_space(); walk.here() == '"'; walk.skip_space()) {
    std::string name(walk.quoted());
    walk.skip_space();
    walk.step();
    walk.skip_space();
    members[std::move(name)] = walk.value();
    walk.skip_space();
    if (walk.here() == ',') walk.step();
  }
  return members;
}

std::vector<std::string_view> elements_of(std::string_view json) {
  std::vector<std::string_view> elements;
  Walk walk(json);
  walk.skip_space();
  walk.step();
  for (walk.skip_space(); !walk.at_end() && walk.here() != ']'; walk.skip_space()) {
    elements.push_back(walk.value());
    walk.skip_space();
    if (walk.here() == ',') walk.step();
  }
  return elements;
}

}  // namespace millrace::reports
