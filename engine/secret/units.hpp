#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "secret/readings.hpp"

namespace millrace {

/// One character as it is written: an escape, or a byte that stands for itself.
struct Unit {
  std::size_t length = 1;  ///< as written
  std::array<char, 4> bytes = {};
  std::size_t count = 1;  ///< none: it says nothing
};

/// Those of which a unit can say anything but what it is.
using Beginnings = std::array<bool, 256>;

constexpr Beginnings beginnings(std::string_view all) {
  Beginnings table = {};
  for (const char c : all) table[static_cast<unsigned char>(c)] = true;
  return table;
}

inline std::size_t find_beginning(std::string_view text, std::size_t at, const Beginnings& begins) noexcept {
  while (at < text.size() && !begins[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

/// Reads a text by its units; `unit_at` gives the one with which a text begins.
template <class UnitAt>
std::string read_units(std::string_view text, const Beginnings& begins, UnitAt unit_at) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = find_beginning(text, at, begins);
    plain.append(text, at, next - at);
    if ((at = next) == text.size()) break;
    const Unit unit = unit_at(text.substr(at));
    plain.append(unit.bytes.data(), unit.count);
    at += unit.length;
  }
  return plain;
}

template <class UnitAt>
void find_units_back(std::string_view text, std::vector<Span>& parts, UnitAt unit_at) {
  auto part = parts.begin();
  bool inside = false;
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size() && part != parts.end();) {
    const Unit unit = unit_at(text.substr(at));
    plain += unit.count;
    // A part may begin or end within a character of several bytes: then it has the whole escape.
    if (!inside && plain > part->begin) {
      part->begin = at;
      inside = true;
    }
    at += unit.length;
    if (inside && plain >= part->end) {
      part->end = at;
      inside = false;
      ++part;
    }
  }
  parts.erase(part, parts.end());
}

}  // namespace millrace
