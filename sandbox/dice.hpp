#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::sandbox {

/// Numbers that look random and are the same for the same seed on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t roll() noexcept;
  std::size_t below(std::size_t limit) noexcept { return static_cast<std::size_t>(roll() % limit); }
  bool one_in(std::size_t chances) noexcept { return below(chances) == 0; }
  template <class List>
  const auto& one_of(const List& list) noexcept {
    return list[below(list.size())];
  }
  std::string letters_and_digits(std::size_t count);  ///< how the API writes most ids
  std::string hexadecimal(std::size_t count);         ///< how the social planner does
  std::string location_tag_id() { return letters_and_digits(20); }
  std::string social_tag_id() { return hexadecimal(24); }

 private:
  std::string letters(std::string_view alphabet, std::size_t count);
  std::uint64_t state_;
};

}  // namespace millrace::sandbox
