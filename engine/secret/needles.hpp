#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "secret/readings.hpp"

namespace millrace {

/// Where in a text something is, and whose it is.
struct Sighting {
  Span where;
  std::size_t whose = 0;
};

/// Where several overlap, they become one, which is the longest one's; in their order.
void unite(std::vector<Sighting>& found);

/// Many texts that are looked for at once. What that takes depends little on how many they are: of most texts only each
/// fourth byte is looked at (Wu and Manber's way to search).
class Needles {
 public:
  static constexpr std::size_t shortest = 6;
  /// Those of less than `window` bytes are not taken: the longer it is, the larger are the steps of the search.
  explicit Needles(std::size_t window = shortest) : window_(window) {
    steps_.fill(static_cast<std::uint8_t>(window - block + 1));
  }
  /// Of equal ones the first stays.
  void add(std::string needle, std::size_t whose);
  bool empty() const noexcept { return by_beginning_.empty(); }
  /// All places, united.
  std::vector<Sighting> find_in(std::string_view text) const;
  /// The beginnings that somebody has cut off for a reader: "eyJhbGci...". They begin up to half a KiB before the dots;
  /// where such places are many, less.
  std::vector<Sighting> find_cut_in(std::string_view text) const;

 private:
  struct Needle {
    std::string text;
    std::size_t whose = 0;
  };
  static constexpr std::size_t block = 3;  // bytes that are looked at together
  static std::size_t hash(const char* bytes) noexcept;
  static std::uint64_t beginning(const char* bytes) noexcept;
  const Needle* one_that_begins(std::string_view text) const;

  std::size_t window_;
  /// By the hash of a block: how far it is at least from there to where the window of a needle can end.
  std::array<std::uint8_t, 1u << 14> steps_;
  /// By the hash of their first block: whether one begins so.
  std::vector<bool> begins_;
  /// By their first bytes, the longest first.
  std::unordered_map<std::uint64_t, std::vector<Needle>> by_beginning_;
};

}  // namespace millrace
