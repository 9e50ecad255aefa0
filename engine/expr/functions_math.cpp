#include <cmath>

#include "expr/functions.hpp"

namespace millrace {

namespace {

bool is_number(const Value& value) noexcept { return as_double(value).has_value(); }

/// The argument as a double; CEL itself takes no whole numbers there.
std::optional<double> real_number(const Call& call) {
  const bool whole = !call.are(Kind::number);
  return whole && call.to_the_letter() ? std::nullopt : as_double(call[0]);
}

/// The first of the numbers that no other goes beyond.
template <bool Greatest>
Value extreme_of_all(Call& call) {
  if (is_number(call[0])) return call[0];
  if (!call.are(Kind::list)) return call.mismatch();
  const Value* best = nullptr;
  for (const Value& item : call[0].list()) {
    if (!is_number(item))
      return call.fail("this compares numbers, and there is " + with_article(item.kind()) + " among them");
    const auto found = best ? order(item, *best) : std::nullopt;
    if (!best || (found && (Greatest ? *found > 0 : *found < 0))) best = &item;
  }
  return best ? *best : call.fail("there is no number to choose from");
}

template <double (*Round)(double)>
Value rounded(Call& call) {
  const auto number = real_number(call);
  return number ? Value(Round(*number)) : call.mismatch();
}

template <bool (*Test)(double)>
Value tested(Call& call) {
  const auto number = real_number(call);
  return number ? Value(Test(*number)) : call.mismatch();
}

double round_up(double number) { return std::ceil(number); }
double round_down(double number) { return std::floor(number); }
double round_near(double number) { return std::round(number); }
double cut(double number) { return std::trunc(number); }
bool is_nan(double number) { return std::isnan(number); }
bool is_infinite(double number) { return std::isinf(number); }
bool is_finite(double number) { return std::isfinite(number); }

Value absolute(Call& call) {
  if (call.are(Kind::unsigned_integer)) return call[0];
  if (call.are(Kind::number)) return std::fabs(call[0].number());
  if (!call.are(Kind::integer)) return call.mismatch();
  if (call[0].integer() == INT64_MIN) return call.fail("the result is too large for a whole number");
  return call[0].integer() < 0 ? -call[0].integer() : call[0].integer();
}

Value sign(Call& call) {
  if (call.are(Kind::unsigned_integer)) return std::uint64_t{call[0].unsigned_integer() > 0 ? 1u : 0u};
  if (call.are(Kind::integer)) return (call[0].integer() > 0) - (call[0].integer() < 0);
  if (!call.are(Kind::number)) return call.mismatch();
  const double number = call[0].number();
  return std::isnan(number) ? number : static_cast<double>((number > 0) - (number < 0));
}

Value square_root(Call& call) {
  const auto number = as_double(call[0]);
  return number ? Value(std::sqrt(*number)) : call.mismatch();
}

struct And {
  static std::uint64_t of(std::uint64_t left, std::uint64_t right) { return left & right; }
};
struct Or {
  static std::uint64_t of(std::uint64_t left, std::uint64_t right) { return left | right; }
};
struct Xor {
  static std::uint64_t of(std::uint64_t left, std::uint64_t right) { return left ^ right; }
};

template <class Bits>
Value bitwise(Call& call) {
  if (call.are(Kind::unsigned_integer, Kind::unsigned_integer)) {
    return Bits::of(call[0].unsigned_integer(), call[1].unsigned_integer());
  }
  if (!call.are(Kind::integer, Kind::integer)) return call.mismatch();
  const auto bits = [&call](std::size_t at) { return static_cast<std::uint64_t>(call[at].integer()); };
  return static_cast<std::int64_t>(Bits::of(bits(0), bits(1)));
}

Value bit_not(Call& call) {
  if (call.are(Kind::integer)) return ~call[0].integer();
  return call.are(Kind::unsigned_integer) ? Value(~call[0].unsigned_integer()) : call.mismatch();
}

/// Both directions move bits, not numbers: what comes in is zero, also for numbers below zero.
template <bool Left>
Value shifted(Call& call) {
  const bool is_signed = call.are(Kind::integer);
  if ((!is_signed && !call.are(Kind::unsigned_integer)) || !call[1].is(Kind::integer)) return call.mismatch();
  const std::int64_t by = call[1].integer();
  if (by < 0) return call.fail("bits cannot be moved by less than zero");
  const std::uint64_t bits = is_signed ? static_cast<std::uint64_t>(call[0].integer()) : call[0].unsigned_integer();
  const std::uint64_t moved = by > 63 ? 0 : Left ? bits << by : bits >> by;
  return is_signed ? Value(static_cast<std::int64_t>(moved)) : Value(moved);
}

constexpr KindSet series = numbers | kind_set(Kind::list);

constexpr Function math_table[] = {
    {"math.greatest", Style::alone, 1, 1, extreme_of_all<true>, series, std::nullopt,
     "math.greatest(a, b, ...) or math.greatest(list)", "the greatest of the numbers", "math.greatest(1, 5, 3)  =>  5"},
    {"math.least", Style::alone, 1, 1, extreme_of_all<false>, series, std::nullopt,
     "math.least(a, b, ...) or math.least(list)", "the least of the numbers", "math.least(1, 5, 3)  =>  1"},
    {"math.ceil", Style::alone, 1, 1, rounded<round_up>, numbers, Kind::number, "math.ceil(number)", "rounded up",
     "math.ceil(1.2)  =>  2.0"},
    {"math.floor", Style::alone, 1, 1, rounded<round_down>, numbers, Kind::number, "math.floor(number)", "rounded down",
     "math.floor(1.8)  =>  1.0"},
    {"math.round", Style::alone, 1, 1, rounded<round_near>, numbers, Kind::number, "math.round(number)",
     "rounded to the nearest, halves away from zero", "math.round(1.5)  =>  2.0"},
    {"math.trunc", Style::alone, 1, 1, rounded<cut>, numbers, Kind::number, "math.trunc(number)", "cut towards zero",
     "math.trunc(-1.8)  =>  -1.0"},
    {"math.abs", Style::alone, 1, 1, absolute, numbers, std::nullopt, "math.abs(number)", "without its sign",
     "math.abs(-3)  =>  3"},
    {"math.sign", Style::alone, 1, 1, sign, numbers, std::nullopt, "math.sign(number)", "-1, 0 or 1",
     "math.sign(-3)  =>  -1"},
    {"math.sqrt", Style::alone, 1, 1, square_root, numbers, Kind::number, "math.sqrt(number)", "the square root",
     "math.sqrt(9)  =>  3.0"},
    {"math.isNaN", Style::alone, 1, 1, tested<is_nan>, numbers, Kind::boolean, "math.isNaN(number)",
     "true when it is no number, as 0.0 / 0.0 is none", "math.isNaN(0.0 / 0.0)  =>  true"},
    {"math.isInf", Style::alone, 1, 1, tested<is_infinite>, numbers, Kind::boolean, "math.isInf(number)",
     "true when it is infinite", "math.isInf(1.0 / 0.0)  =>  true"},
    {"math.isFinite", Style::alone, 1, 1, tested<is_finite>, numbers, Kind::boolean, "math.isFinite(number)",
     "true when it is an ordinary number", "math.isFinite(1.5)  =>  true"},
    {"math.bitAnd", Style::alone, 2, 2, bitwise<And>, whole_numbers, std::nullopt, "math.bitAnd(a, b)",
     "the bits in both", "math.bitAnd(6, 3)  =>  2"},
    {"math.bitOr", Style::alone, 2, 2, bitwise<Or>, whole_numbers, std::nullopt, "math.bitOr(a, b)",
     "the bits in either", "math.bitOr(6, 3)  =>  7"},
    {"math.bitXor", Style::alone, 2, 2, bitwise<Xor>, whole_numbers, std::nullopt, "math.bitXor(a, b)",
     "the bits in one only", "math.bitXor(6, 3)  =>  5"},
    {"math.bitNot", Style::alone, 1, 1, bit_not, whole_numbers, std::nullopt, "math.bitNot(a)", "all bits turned over",
     "math.bitNot(1)  =>  -2"},
    {.name = "math.bitShiftLeft",
     .style = Style::alone,
     .least = 2,
     .most = 2,
     .implementation = shifted<true>,
     .takes = whole_numbers,
     .gives = std::nullopt,
     .signature = "math.bitShiftLeft(a, places)",
     .summary = "the bits moved to the left",
     .example = "math.bitShiftLeft(1, 3)  =>  8",
     .objection = below_zero},
    {.name = "math.bitShiftRight",
     .style = Style::alone,
     .least = 2,
     .most = 2,
     .implementation = shifted<false>,
     .takes = whole_numbers,
     .gives = std::nullopt,
     .signature = "math.bitShiftRight(a, places)",
     .summary = "the bits moved to the right",
     .example = "math.bitShiftRight(8, 3)  =>  1",
     .objection = below_zero},
};

}  // namespace

std::span<const Function> math_functions() { return math_table; }

}  // namespace millrace
