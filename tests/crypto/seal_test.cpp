#include "crypto/seal.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace millrace {

using namespace std::string_view_literals;

TEST_CASE("what is sealed opens with its key and what it is bound to, and with nothing else") {
  const std::string key(seal_key_bytes, 'k'), other(seal_key_bytes, 'o');
  const auto sealed = seal(key, "the head", "the content");
  REQUIRE(sealed);
  CHECK(sealed->find("content") == std::string::npos);
  CHECK(unseal(key, "the head", *sealed) == "the content");
  CHECK_FALSE(unseal(other, "the head", *sealed));
  CHECK_FALSE(unseal(key, "another head", *sealed));
  CHECK_FALSE(unseal("short", "the head", *sealed));
  for (std::size_t at = 0; at < sealed->size(); ++at) {
    std::string changed = *sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_FALSE(unseal(key, "the head", changed));
    CHECK_FALSE(unseal(key, "the head", sealed->substr(0, at)));
  }
}

TEST_CASE("the same content is never sealed the same way twice, and may be empty") {
  const std::string key(seal_key_bytes, 'k');
  CHECK(*seal(key, "", "text") != *seal(key, "", "text"));
  CHECK(unseal(key, "", *seal(key, "", "")) == "");
}

TEST_CASE("XChaCha20-Poly1305 is the one of the draft that describes it") {
  std::string key,
      nonce("\x40\x41\x42\x43\x44\x45\x46\x47\x48\x49\x4a\x4b\x4c\x4d\x4e\x4f\x50\x51\x52\x53\x54\x55\x56\x57");
  for (int each = 0x80; each < 0xa0; ++each) key += static_cast<char>(each);
  const std::string bound("\x50\x51\x52\x53\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7", 12);
  constexpr std::string_view hidden =
      "\xbd\x6d\x17\x9d\x3e\x83\xd4\x3b\x95\x76\x57\x94\x93\xc0\xe9\x39\x57\x2a\x17\x00\x25\x2b\xfa\xcc\xbe\xd2\x90\x2c"
      "\x21\x39\x6c\xbb\x73\x1c\x7f\x1b\x0b\x4a\xa6\x44\x0b\xf3\xa8\x2f\x4e\xda\x7e\x39\xae\x64\xc6\x70\x8c\x54\xc2\x16"
      "\xcb\x96\xb7\x2e\x12\x13\xb4\x52\x2f\x8c\x9b\xa4\x0d\xb5\xd9\x45\xb1\x1b\x69\xb9\x82\xc1\xbb\x9e\x3f\x3f\xac\x2b"
      "\xc3\x69\x48\x8f\x76\xb2\x38\x35\x65\xd3\xff\xf9\x21\xf9\x66\x4c\x97\x63\x7d\xa9\x76\x88\x12\xf6\x15\xc6\x8b\x13"
      "\xb5\x2e\xc0\x87\x59\x24\xc1\xc7\x98\x79\x47\xde\xaf\xd8\x78\x0a\xcf\x49"sv;
  CHECK(
      unseal(key, bound, nonce + std::string(hidden)) ==
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
      "it.");
}

TEST_CASE("a passphrase makes the same key each time, and another with another salt or cost") {
  const std::string salt(salt_bytes, 's'), other(salt_bytes, 't');
  const PassphraseCost cheap{1, 1u << 20};
  const auto key = key_of_passphrase("correct horse", salt, cheap);
  REQUIRE(key);
  CHECK(key->size() == seal_key_bytes);
  CHECK(*key_of_passphrase("correct horse", salt, cheap) == *key);
  CHECK(*key_of_passphrase("correct horsf", salt, cheap) != *key);
  CHECK(*key_of_passphrase("correct horse", other, cheap) != *key);
  CHECK(*key_of_passphrase("correct horse", salt, {2, 1u << 20}) != *key);
}

TEST_CASE("a cost that would keep us busy for ever is refused") {
  const std::string salt(salt_bytes, 's');
  for (const PassphraseCost cost : {PassphraseCost{1'000'000, 1u << 20}, PassphraseCost{1, std::uint64_t{1} << 40},
                                    PassphraseCost{0, 1u << 20}, PassphraseCost{1, 16}}) {
    CHECK(key_of_passphrase("p", salt, cost).error().code == ErrorCode::invalid);
  }
  CHECK(key_of_passphrase("p", "short", {1, 1u << 20}).error().code == ErrorCode::invalid);
}

}  // namespace millrace
