#include "catalog/pairs.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "expr/template.hpp"
#include "value/json.hpp"

namespace millrace {
namespace {

std::string_view separator_of(std::string_view style) noexcept {
  if (style == "comma") return ",";
  if (style == "space") return " ";
  return style == "pipe" ? "|" : "";
}

Status take_joined(std::string_view name, const Value::List& items, std::string_view separator, const TakePair& take) {
  std::vector<std::string> texts;
  for (const Value& item : items) {
    if (item.is_unknown()) return take(name, item);  // a part of it is not known, so none of it is
    texts.push_back(TRY(as_text(item)));
  }
  return take(name, Value(join(texts, separator)));
}

Status take_json(std::string_view name, const Value& value, const TakePair& take) {
  if (value.is_null()) return Done{};
  if (value.contains_unknown()) return take(name, Value::unknown(std::string(name)));
  return take(name, encode_json(value));
}

/// What is inside of a mapping, or of a list that is written as one.
Status take_deep(const std::string& name, const Value& value, const TakePair& take) {
  if (value.is_null()) return Done{};
  if (value.is_map()) {
    for (const auto& [key, member] : value.map()) {
      TRY(take_deep(name + between('[', TRY(as_text(key)), ']'), member, take));
    }
    return Done{};
  }
  if (!value.is_list()) return take(name, value);
  const auto holds_more = [](const Value& item) { return item.is_map() || item.is_list(); };
  const bool numbered = std::any_of(value.list().begin(), value.list().end(), holds_more);
  for (std::size_t at = 0; at < value.list().size(); ++at) {
    TRY(take_deep(name + between('[', numbered ? std::to_string(at) : "", ']'), value.list()[at], take));
  }
  return Done{};
}

}  // namespace

Status each_pair(std::string_view name, const Value& value, std::string_view style, const TakePair& take) {
  if (style == "json") return take_json(name, value, take);
  if (style == "deep") return take_deep(std::string(name), value, take);
  if (value.is_null()) return Done{};
  if (!value.is_list()) return take(name, value);
  const std::string_view separator = separator_of(style);
  if (!separator.empty()) return take_joined(name, value.list(), separator, take);
  for (const Value& item : value.list()) TRY(take(name, item));
  return Done{};
}

}  // namespace millrace
