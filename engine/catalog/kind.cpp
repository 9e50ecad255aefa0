#include "catalog/kind.hpp"

#include <algorithm>

namespace millrace {

namespace {

/// English as it names things; a word that ends with "s" may be its own plural ("statistics").
bool is_plural_of(std::string_view several, std::string_view one) noexcept {
  if (several.starts_with(one)) {
    const std::string_view ending = several.substr(one.size());
    if (ending == "s" || ending == "es") return true;
  }
  return one.ends_with('y') && several.ends_with("ies") &&
         one.substr(0, one.size() - 1) == several.substr(0, several.size() - 3);
}

}  // namespace

std::string_view declared_kind(const Action& action) noexcept {
  if (action.resource) return action.resource->kind;
  const std::size_t colon = action.target.find(':');
  return colon == std::string::npos ? std::string_view() : std::string_view(action.target).substr(0, colon);
}

std::string_view kind_of(const Action& action) noexcept {
  const std::string_view declared = declared_kind(action);
  if (!declared.empty()) return declared;
  const std::string_view name = action.name;
  const std::size_t first = name.find('.');
  const std::size_t last = name.rfind('.');
  return first == last ? name.substr(0, first) : name.substr(first + 1, last - first - 1);
}

bool same_kind(std::string_view one, std::string_view other) noexcept {
  return one == other || is_plural_of(one, other) || is_plural_of(other, one);
}

std::string kind_words(std::string_view kind) {
  std::string words(kind);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string several_of_kind(std::string_view kind) {
  std::string words = kind_words(kind);
  if (words.ends_with('s')) return words;
  const bool consonant_before_y = words.size() > 1 && words.ends_with('y') &&
                                  std::string_view("aeiou").find(words[words.size() - 2]) == std::string_view::npos;
  if (consonant_before_y) return words.substr(0, words.size() - 1) + "ies";
  const bool hisses = words.ends_with('x') || words.ends_with("ch") || words.ends_with("sh");
  return words + (hisses ? "es" : "s");
}

}  // namespace millrace
