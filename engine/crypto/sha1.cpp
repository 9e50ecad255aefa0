#include "crypto/sha1.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace millrace {

namespace {

constexpr std::size_t block_size = 64;

class Sha1 {
 public:
  void add(std::string_view text) {
    for (const char each : text) {
      block_[filled_++] = static_cast<std::uint8_t>(each);
      if (filled_ == block_size) mix();
    }
    length_ += text.size();
  }

  std::string finish() {
    const std::uint64_t bits = length_ * 8;
    add({"\x80", 1});
    while (filled_ != block_size - 8) add({"\0", 1});
    for (int shift = 56; shift >= 0; shift -= 8) {
      const char byte = static_cast<char>(bits >> shift & 0xFF);
      add({&byte, 1});
    }
    std::string digest;
    for (const std::uint32_t word : state_) {
      for (int shift = 24; shift >= 0; shift -= 8) digest += static_cast<char>(word >> shift & 0xFF);
    }
    return digest;
  }

 private:
  void mix() {
    filled_ = 0;
    std::array<std::uint32_t, 80> words{};
    for (std::size_t i = 0; i < 16; ++i) {
      const std::uint8_t* at = &block_[i * 4];
      words[i] = std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
    }
    for (std::size_t i = 16; i < 80; ++i)
      words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    auto [a, b, c, d, e] = state_;
    for (std::size_t i = 0; i < 80; ++i) {
      const std::uint32_t next = std::rotl(a, 5) + chosen(i, b, c, d) + e + constants[i / 20] + words[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    const std::array<std::uint32_t, 5> added = {a, b, c, d, e};
    for (std::size_t i = 0; i < 5; ++i) state_[i] += added[i];
  }

  static std::uint32_t chosen(std::size_t round, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
    if (round < 20) return (b & c) | (~b & d);
    if (round >= 40 && round < 60) return (b & c) | (b & d) | (c & d);
    return b ^ c ^ d;
  }

  static constexpr std::array<std::uint32_t, 4> constants = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  std::array<std::uint32_t, 5> state_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::array<std::uint8_t, block_size> block_{};
  std::size_t filled_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace

std::string sha1(std::initializer_list<std::string_view> parts) {
  Sha1 hash;
  for (const std::string_view part : parts) hash.add(part);
  return hash.finish();
}

}  // namespace millrace
