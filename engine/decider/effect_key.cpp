#include "decider/effect_key.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "workflow/model.hpp"

namespace millrace {

namespace {

/// A number as `render` writes it, so without zeros before it.
std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  return whole && (text == "0" || text.front() != '0') ? std::optional(number) : std::nullopt;
}

std::optional<std::uint32_t> part_in(std::string_view text) {
  return text == "on_error" ? std::optional(handler_block) : number_in(text);
}

}  // namespace

std::string render(const EffectKey& key) {
  std::string text = key.run;
  if (!key.step.empty()) text += "/" + render(key.step);
  if (key.repetition > 0) text += repetition_mark + std::to_string(key.repetition);
  return text + key.inside;
}

EffectKey parse_effect_key(std::string_view text) {
  EffectKey key;
  std::size_t at = std::min(text.find('/'), text.size());
  key.run = text.substr(0, at);
  while (at < text.size() && key.repetition == 0) {
    const std::size_t end = std::min(text.find('/', at + 1), text.size());
    const std::string_view part = text.substr(at + 1, end - at - 1);
    const std::size_t mark = std::min(part.find(repetition_mark), part.size());
    const auto number = part_in(part.substr(0, mark));
    const auto repetition = mark < part.size() ? number_in(part.substr(mark + 1)) : std::optional<std::uint32_t>(0);
    if (!number || !repetition || (mark < part.size() && *repetition == 0)) break;
    key.step.push_back(*number);
    key.repetition = *repetition;
    at = end;
  }
  key.inside = text.substr(at);
  return key;
}

}  // namespace millrace
