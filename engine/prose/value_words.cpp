#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "prose/expression_words.hpp"
#include "prose/phrases.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_quoted = 160;
constexpr std::string_view handle = "secret:";

std::string put_together(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (at > 0) text += at + 1 == words.size() ? last : phrases().comma;
    text += words[at];
  }
  return text;
}

std::string words_of_list(const Value::List& list) {
  if (list.empty()) return std::string(phrases().empty_list);
  std::vector<std::string> words;
  for (const Value& each : list) words.push_back(words_of(each));
  return all_of(words);
}

std::string words_of_text(const std::string& text) {
  if (text.starts_with(handle)) return fill(phrases().the_secret, {{"name", text.substr(handle.size())}});
  return quoted(text);
}

}  // namespace

std::string all_of(const std::vector<std::string>& words) { return put_together(words, phrases().and_last); }

std::string any_of(const std::vector<std::string>& words) { return put_together(words, phrases().or_last); }

std::string quoted(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  const std::size_t length = length_in_characters(line);
  if (line.size() <= longest_quoted) return fill(phrases().quoted, {{"text", line}});
  std::string beginning = shortened(line, longest_quoted);
  if (beginning.ends_with("...")) beginning.resize(beginning.size() - 3);
  const std::string inner = fill(phrases().quoted, {{"text", beginning}});
  return fill(phrases().cut, {{"text", inner}, {"n", std::to_string(length)}});
}

std::string words_of(Duration duration) {
  struct Unit {
    Duration size;
    std::string_view phrase;
  };
  const std::array<Unit, 4> units = {{{std::chrono::hours(24), phrases().days},
                                      {std::chrono::hours(1), phrases().hours},
                                      {std::chrono::minutes(1), phrases().minutes},
                                      {std::chrono::seconds(1), phrases().seconds}}};
  if (duration <= Duration::zero() || duration % std::chrono::seconds(1) != Duration::zero()) return render(duration);
  std::vector<std::string> words;
  for (const Unit& unit : units) {
    const auto count = duration / unit.size;
    if (count > 0) words.push_back(fill(unit.phrase, {{"n", std::to_string(count)}}));
    duration %= unit.size;
  }
  return all_of(words);
}

std::string words_of(const Value& value) {
  if (value.is_text()) return words_of_text(value.text());
  if (value.is_null()) return std::string(phrases().nothing);
  if (value.is(Kind::boolean)) return std::string(value.boolean() ? phrases().yes : phrases().no);
  if (value.is(Kind::duration)) return words_of(value.duration());
  if (value.is(Kind::timestamp)) return render(value.timestamp());
  if (value.is_list()) return words_of_list(value.list());
  if (value.is_map() && value.map().empty()) return std::string(phrases().empty_map);
  return encode_json(value);
}

}  // namespace millrace
