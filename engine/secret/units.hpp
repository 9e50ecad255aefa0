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

/// Takes parts of what a text says back to the text, which is walked along.
class PartsBack {
 public:
  explicit PartsBack(std::vector<Span>& parts) : parts_(parts), part_(parts.begin()) {}
  bool done() const noexcept { return part_ == parts_.end(); }

  /// A part may begin or end within a character of several bytes: then it has the whole escape.
  void pass_unit(std::size_t at, const Unit& unit) {
    said_ += unit.count;
    if (!inside_ && said_ > part_->begin) begin_at(at);
    if (inside_ && said_ >= part_->end) end_at(at + unit.length);
  }

  /// What says what it is.
  void pass_plain(std::size_t at, std::size_t length) {
    const std::size_t before = said_;
    said_ += length;
    while (!done()) {
      if (!inside_ && said_ > part_->begin) begin_at(at + part_->begin - before);
      if (!inside_ || said_ < part_->end) return;
      end_at(at + part_->end - before);
    }
  }

  void drop_rest() { parts_.erase(part_, parts_.end()); }

 private:
  void begin_at(std::size_t at) {
    part_->begin = at;
    inside_ = true;
  }
  void end_at(std::size_t at) {
    part_->end = at;
    inside_ = false;
    ++part_;
  }

  std::vector<Span>& parts_;
  std::vector<Span>::iterator part_;
  bool inside_ = false;
  std::size_t said_ = 0;
};

template <class UnitAt>
void find_units_back(std::string_view text, std::vector<Span>& parts, const Beginnings& begins, UnitAt unit_at) {
  PartsBack back(parts);
  for (std::size_t at = 0; at < text.size() && !back.done();) {
    const std::size_t next = find_beginning(text, at, begins);
    if (next > at) back.pass_plain(at, next - at);
    if ((at = next) == text.size() || back.done()) break;
    const Unit unit = unit_at(text.substr(at));
    back.pass_unit(at, unit);
    at += unit.length;
  }
  back.drop_rest();
}

}  // namespace millrace
