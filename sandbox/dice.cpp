#include "dice.hpp"

namespace millrace::sandbox {

std::uint64_t Dice::roll() noexcept {  // SplitMix64: small, and its numbers do not depend on a library
  state_ += 0x9e3779b97f4a7c15u;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

std::string Dice::letters(std::string_view alphabet, std::size_t count) {
  std::string text;
  while (text.size() < count) text += alphabet[below(alphabet.size())];
  return text;
}

std::string Dice::letters_and_digits(std::size_t count) {
  return letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", count);
}

std::string Dice::hexadecimal(std::size_t count) { return letters("0123456789abcdef", count); }

}  // namespace millrace::sandbox
