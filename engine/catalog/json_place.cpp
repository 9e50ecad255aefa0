#include "catalog/json_place.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "schema/reference.hpp"

namespace millrace {
namespace {

/// Walks over JSON that has been read without an error before, so it looks for nothing wrong.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) { skip_blank(); }

  std::size_t at() const { return at_; }

  /// Enters the member or item `name` of the list or object here; false, and stays, where there is none.
  bool enter(const std::string& name);
  std::size_t key_at() const { return key_at_; }  ///< of the member that was entered last
  std::size_t token_end() {
    const std::size_t start = at_;
    if (front() != '{' && front() != '[') skip_value();
    return std::max(std::exchange(at_, start), start + 1);
  }

 private:
  char front() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blank() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  void skip_text();
  void skip_value();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t key_at_ = 0;
};

void Walker::skip_text() {
  for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\\') ++at_;
  }
  at_ = std::min(at_ + 1, text_.size());
}

void Walker::skip_value() {
  int depth = 0;
  do {
    skip_blank();
    const char first = front();
    if (first == '"') {
      skip_text();
    } else if (first == '{' || first == '[') {
      ++depth, ++at_;
    } else if (first == '}' || first == ']') {
      --depth, ++at_;
    } else if (first == ',' || first == ':') {
      ++at_;
    } else {
      at_ = std::min(text_.find_first_of(" \t\r\n,:]}", at_), text_.size());
    }
  } while (depth > 0 && at_ < text_.size());
}

bool Walker::enter(const std::string& name) {
  const std::size_t start = at_;
  const bool object = front() == '{';
  if (!object && front() != '[') return false;
  ++at_;
  for (std::size_t index = 0;; ++index) {
    skip_blank();
    if (front() == '}' || front() == ']' || front() == '\0') break;
    const std::size_t item = at_;
    std::string key = std::to_string(index);
    if (object) {
      skip_text();
      key = text_.substr(item + 1, at_ - item - 2);
      skip_blank();
      ++at_;  // the colon
      skip_blank();
    }
    if (key == name) {
      key_at_ = item;
      return true;
    }
    skip_value();
    skip_blank();
    if (front() == ',') ++at_;
  }
  at_ = start;
  return false;
}

}  // namespace

SourceMark locate(std::shared_ptr<const SourceText> source, std::string_view pointer, bool key) {
  const std::string_view text = source->text;
  Walker walker(text);
  bool found = true;
  std::vector<std::string> tokens = split(pointer, '/');
  for (std::size_t at = 1; at < tokens.size() && found; ++at) found = walker.enter(pointer_key(tokens[at]));

  const bool at_key = key && found && tokens.size() > 1;
  const std::size_t begin = at_key ? walker.key_at() : walker.at();
  const std::size_t end = at_key ? text.find(':', begin) : walker.token_end();
  const std::string_view token = trim(text.substr(begin, end - begin));
  const std::string_view before = text.substr(0, begin);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is the start of the text
  return {.source = std::move(source),
          .line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          .column = 1 + static_cast<int>(length_in_characters(before.substr(line_start))),
          .length = std::max(1, static_cast<int>(length_in_characters(token)))};
}

std::string deeper(std::string_view pointer, std::string_view key) { return std::string(pointer) + pointer_step(key); }

}  // namespace millrace
