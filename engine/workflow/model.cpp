#include "workflow/model.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace millrace {

const PlacedExpression* TriggerSpec::expression(std::string_view member) const {
  const auto use =
      std::find_if(uses.begin(), uses.end(), [&](const ExpressionUse& each) { return each.member == member; });
  return use != uses.end() ? &use->expression : nullptr;
}

SourceMark Workflow::place(const PlacedExpression& expression, std::size_t offset, std::size_t length) const {
  const std::string_view text = expression.expression.text();
  offset = std::min(offset, text.size());
  SourceMark mark = expression.at;
  const std::size_t characters = length_in_characters(text.substr(offset, std::max<std::size_t>(length, 1)));
  mark.length = static_cast<int>(std::max<std::size_t>(characters, 1));
  std::size_t from = 0;
  const auto broken = broken_places.find({mark.line, mark.column});
  if (broken != broken_places.end()) {
    const std::vector<BrokenPlace>& places = broken->second;
    if (places.empty()) return expression.at;  // it was put together from pieces
    const auto after = std::upper_bound(places.begin(), places.end(), offset,
                                        [](std::size_t at, const BrokenPlace& place) { return at < place.offset; });
    if (after != places.begin()) {
      mark.line = (after - 1)->line;
      mark.column = (after - 1)->column;
      from = (after - 1)->offset;
    }
  }
  mark.column += static_cast<int>(length_in_characters(text.substr(from, offset - from)));
  return mark;
}

}  // namespace millrace
