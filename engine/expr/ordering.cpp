#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "crypto/key_hash.hpp"
#include "expr/operators.hpp"

namespace millrace {

namespace {

bool numeric(const Value& value) noexcept {
  return value.is(Kind::integer) || value.is(Kind::unsigned_integer) || value.is(Kind::number);
}

std::partial_ordering order_numbers(const Value& left, const Value& right) {
  if (left.is(Kind::integer) && right.is(Kind::integer)) return left.integer() <=> right.integer();
  if (left.is(Kind::number) || right.is(Kind::number)) return as_double(left) <=> as_double(right);
  if (left.is(Kind::integer) && left.integer() < 0) return std::partial_ordering::less;
  if (right.is(Kind::integer) && right.integer() < 0) return std::partial_ordering::greater;
  const auto as_unsigned = [](const Value& value) {
    return value.is(Kind::integer) ? static_cast<std::uint64_t>(value.integer()) : value.unsigned_integer();
  };
  return as_unsigned(left) <=> as_unsigned(right);
}

int sort_rank(const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::boolean:
      return 1;
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number:
      return 2;
    case Kind::text:
      return 3;
    case Kind::bytes:
      return 4;
    case Kind::timestamp:
      return 5;
    case Kind::duration:
      return 6;
    case Kind::null:
      return 7;
    case Kind::list:
    case Kind::map:
    case Kind::type:
    case Kind::optional:
    case Kind::unknown:
      return 0;
  }
  return 0;
}

Equality both(Equality one, Equality other) noexcept {
  if (one == Equality::no || other == Equality::no) return Equality::no;
  return one == Equality::yes ? other : one;
}

Equality equality_of_lists(const Value::List& left, const Value::List& right) {
  if (left.size() != right.size()) return Equality::no;
  Equality all = Equality::yes;
  for (std::size_t at = 0; at < left.size() && all != Equality::no; ++at)
    all = both(all, equality(left[at], right[at]));
  return all;
}

Equality equality_of_maps(const Map& left, const Map& right) {
  if (left.size() != right.size()) return Equality::no;
  Equality all = Equality::yes;
  for (const auto& [key, value] : left) {
    const Value* other = right.find(key);
    all = other ? both(all, equality(value, *other)) : Equality::no;
    if (all == Equality::no) break;
  }
  return all;
}

std::uint64_t combined(std::uint64_t seed, std::uint64_t more) noexcept {
  seed ^= more + 0x9E3779B97F4A7C15u + (seed << 12) + (seed >> 4);
  return seed * 0xFF51AFD7ED558CCDu;
}

std::uint64_t hash_of_number(double number) noexcept {
  number += 0.0;  // -0.0 equals 0.0
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  return key_hash({bytes, sizeof bytes});
}

}  // namespace

Equality equality(const Value& left, const Value& right) {
  if (!left.contains_unknown() && !right.contains_unknown()) return left == right ? Equality::yes : Equality::no;
  if (left.is_unknown() || right.is_unknown()) return Equality::unknown;
  if (left.kind() != right.kind()) return Equality::no;
  if (left.is_list()) return equality_of_lists(left.list(), right.list());
  if (left.is_map()) return equality_of_maps(left.map(), right.map());
  const Value* one = left.optional_value();
  const Value* other = right.optional_value();
  return one && other ? equality(*one, *other) : Equality::no;
}

std::optional<std::partial_ordering> order(const Value& left, const Value& right) {
  if (numeric(left) && numeric(right)) return order_numbers(left, right);
  if (left.kind() != right.kind()) return std::nullopt;
  switch (left.kind()) {
    case Kind::boolean:
      return left.boolean() <=> right.boolean();
    case Kind::text:
      return left.text() <=> right.text();
    case Kind::bytes:
      return left.bytes() <=> right.bytes();
    case Kind::timestamp:
      return left.timestamp() <=> right.timestamp();
    case Kind::duration:
      return left.duration().count() <=> right.duration().count();
    case Kind::null:
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number:
    case Kind::list:
    case Kind::map:
    case Kind::type:
    case Kind::optional:
    case Kind::unknown:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::weak_ordering> sort_order(const Value& left, const Value& right) {
  const int rank = sort_rank(left);
  const int other = sort_rank(right);
  if (rank == 0 || other == 0) return std::nullopt;
  if (rank != other) return rank <=> other;
  const auto found = order(left, right).value_or(std::partial_ordering::equivalent);
  if (found < 0) return std::weak_ordering::less;
  if (found > 0) return std::weak_ordering::greater;
  if (found == 0) return std::weak_ordering::equivalent;
  const auto is_nan = [](const Value& value) { return value.is(Kind::number) && std::isnan(value.number()); };
  return is_nan(left) <=> is_nan(right);
}

std::int64_t cost_of_sorting(std::uint64_t weight, std::size_t count) noexcept {
  const std::uint64_t rounds = std::bit_width(count) + 1;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(weight, std::uint64_t{1} << 40) * rounds / 2);
}

std::uint64_t deep_hash(const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number:
      return hash_of_number(*as_double(value));
    case Kind::boolean:
      return value.boolean() ? 1 : 2;
    case Kind::text:
      return key_hash(value.text());
    case Kind::bytes:
      return key_hash(value.bytes());
    case Kind::timestamp:
      return combined(hash_of_number(static_cast<double>(value.timestamp().seconds)), 5);
    case Kind::duration:
      return combined(hash_of_number(static_cast<double>(value.duration().count())), 6);
    case Kind::list: {
      std::uint64_t hash = 7;
      for (const Value& item : value.list()) hash = combined(hash, deep_hash(item));
      return hash;
    }
    case Kind::map: {
      std::uint64_t hash = 8;  // maps are equal in any order, so their entries are added up
      for (const auto& [key, member] : value.map()) hash += combined(deep_hash(key), deep_hash(member));
      return hash;
    }
    case Kind::optional:
      return value.optional_value() ? combined(deep_hash(*value.optional_value()), 9) : 10;
    case Kind::type:
      return key_hash(value.type_name());
    case Kind::null:
    case Kind::unknown:
      return 0;
  }
  return 0;
}

const Value& first_unknown(const Value& value) noexcept {
  if (value.is_list()) {
    for (const Value& item : value.list()) {
      if (item.contains_unknown()) return first_unknown(item);
    }
  }
  if (value.is_map()) {
    for (const auto& [key, member] : value.map()) {
      if (member.contains_unknown()) return first_unknown(member);
    }
  }
  if (value.is(Kind::optional) && value.optional_value()) return first_unknown(*value.optional_value());
  return value;
}

std::string with_article(Kind kind) {
  switch (kind) {
    case Kind::null:
    case Kind::boolean:
    case Kind::text:
    case Kind::bytes:
    case Kind::unknown:
      return std::string(name_of(kind));
    case Kind::unsigned_integer:
    case Kind::optional:
      return "an " + std::string(name_of(kind));
    case Kind::integer:
    case Kind::number:
    case Kind::list:
    case Kind::map:
    case Kind::timestamp:
    case Kind::duration:
    case Kind::type:
      return "a " + std::string(name_of(kind));
  }
  return "";
}

}  // namespace millrace
