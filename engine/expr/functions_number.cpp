#include <charconv>
#include <cmath>

#include "expr/functions.hpp"

namespace millrace {

namespace {

/// A number in decimal digits, without its sign.
struct Digits {
  bool negative = false;
  std::string whole, fraction;
};

/// The digits that people see: the fewest that read back as the same number.
Digits digits_of(const Value& number) {
  std::string text;
  if (number.is(Kind::number)) {
    char buffer[400];  // the greatest double has 309 digits before its point, the least 324 zeros behind it
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number.number(), std::chars_format::fixed);
    text.assign(buffer, end.ptr);
  } else {
    text = number.is(Kind::integer) ? std::to_string(number.integer()) : std::to_string(number.unsigned_integer());
  }
  Digits digits;
  digits.negative = text.starts_with('-');
  const std::size_t begin = digits.negative ? 1 : 0;
  const std::size_t point = std::min(text.find('.'), text.size());
  digits.whole = text.substr(begin, point - begin);
  if (point < text.size()) digits.fraction = text.substr(point + 1);
  return digits;
}

/// Halves go away from zero, as people round: 2.675 is 2.68, whatever is left of it in binary.
void round_to(Digits& digits, std::size_t places) {
  const bool up = digits.fraction.size() > places && digits.fraction[places] >= '5';
  digits.fraction.resize(places, '0');
  if (!up) return;
  const auto carried = [](std::string& text) {
    for (std::size_t at = text.size(); at-- > 0;) {
      if (text[at] != '9') return ++text[at], false;
      text[at] = '0';
    }
    return true;
  };
  if (carried(digits.fraction) && carried(digits.whole)) digits.whole.insert(0, 1, '1');
}

std::string grouped(const std::string& whole, const std::string& sign) {
  std::string text;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (at > 0 && (whole.size() - at) % 3 == 0) text += sign;
    text += whole[at];
  }
  return text;
}

constexpr std::int64_t most_decimals = 100;

std::string wrong_signs(std::int64_t decimals, const std::string* thousands, const std::string* point) {
  if (decimals < 0 || decimals > most_decimals) return "a number is written with 0 to 100 decimals";
  const std::string sign = point ? *point : ".";
  // With these it would read as another number.
  for (const std::string& one : {thousands ? *thousands : "", sign}) {
    if (one.find_first_of("0123456789+-") != std::string::npos)
      return "\"" + one + "\" cannot set digits apart: it has a digit or a sign of a number in it";
  }
  if (sign.empty() && decimals > 0)
    return "nothing sets the decimals apart, say what does: number.format(2, \".\", \",\")";
  if (thousands && !thousands->empty() && *thousands == sign && decimals > 0)
    return "thousands and decimals are set apart by \"" + sign +
           "\" both, say the other: number.format(2, \".\", \",\")";
  return "";
}

const std::string* text_at(const Call& call, std::size_t at) {
  return call.size() > at && call[at].is_text() ? &call[at].text() : nullptr;
}

}  // namespace

Value format_number(Call& call) {
  const bool signs = (call.size() < 3 || call[2].is_text()) && (call.size() < 4 || call[3].is_text());
  if (!call[1].is(Kind::integer) || !signs) return call.mismatch();
  const std::string* thousands = text_at(call, 2);
  const std::string* point = text_at(call, 3);
  if (const std::string why = wrong_signs(call[1].integer(), thousands, point); !why.empty()) return call.fail(why);
  if (call.are(Kind::number) && !std::isfinite(call[0].number())) return number_text(call[0].number());
  Digits digits = digits_of(call[0]);
  round_to(digits, static_cast<std::size_t>(call[1].integer()));
  const std::size_t width = digits.whole.size() * (1 + (thousands ? thousands->size() : 0)) + digits.fraction.size();
  if (!call.spend(0, width + (point ? point->size() : 1))) return {};
  const bool zero = digits.whole.find_first_not_of('0') == std::string::npos &&
                    digits.fraction.find_first_not_of('0') == std::string::npos;
  std::string text = digits.negative && !zero ? "-" : "";
  text += grouped(digits.whole, thousands ? *thousands : "");
  if (!digits.fraction.empty()) text += (point ? *point : ".") + digits.fraction;
  return text;
}

std::string wrong_number_format(const Expression::Node& call) {
  const Value* decimals = literal(call, 1, Kind::integer);
  const Value* thousands = literal(call, 2, Kind::text);
  const Value* point = literal(call, 3, Kind::text);
  if (!decimals || (call.children.size() > 3 && !point)) return "";
  return wrong_signs(decimals->integer(), thousands ? &thousands->text() : nullptr, point ? &point->text() : nullptr);
}

}  // namespace millrace
