#include "value/extent.hpp"

#include <algorithm>
#include <cmath>

namespace millrace {

namespace {

constexpr std::size_t block = 48;  // what the heap takes for anything, beside its content

}  // namespace

std::size_t bytes_of(const Value& value) noexcept {
  std::size_t bytes = sizeof(Value);
  if (value.is_text()) return bytes + block + value.text().size();
  if (value.is(Kind::bytes)) return bytes + block + value.bytes().size();
  if (value.is_list()) {
    bytes += block;
    for (const Value& item : value.list()) bytes += bytes_of(item);
  } else if (value.is_map()) {
    bytes += block;
    for (const auto& [key, member] : value.map()) bytes += bytes_of(key) + bytes_of(member);
  } else if (value.is(Kind::optional) && value.optional_value() != nullptr) {
    bytes += block + bytes_of(*value.optional_value());
  }
  return bytes;
}

bool deeper_than(const Value& value, int levels) noexcept {
  const auto inside = [levels](const Value& part) { return deeper_than(part, levels - 1); };
  if (value.is_list()) {
    return levels <= 0 || std::any_of(value.list().begin(), value.list().end(), inside);
  }
  if (value.is_map()) {
    return levels <= 0 || std::any_of(value.map().begin(), value.map().end(),
                                      [&inside](const auto& member) { return inside(member.second); });
  }
  const bool holds = value.is(Kind::optional) && value.optional_value() != nullptr;
  return holds && (levels <= 0 || inside(*value.optional_value()));
}

bool all_finite(const Value& value) noexcept {
  if (value.is(Kind::number)) return std::isfinite(value.number());
  if (value.is_list()) return std::all_of(value.list().begin(), value.list().end(), all_finite);
  if (value.is_map()) {
    return std::all_of(value.map().begin(), value.map().end(),
                       [](const auto& member) { return all_finite(member.second); });
  }
  return !value.is(Kind::optional) || value.optional_value() == nullptr || all_finite(*value.optional_value());
}

}  // namespace millrace
