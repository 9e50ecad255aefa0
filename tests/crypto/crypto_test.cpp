#include <doctest/doctest.h>

#include <set>
#include <string>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/compare.hpp"
#include "crypto/digest.hpp"
#include "crypto/key_hash.hpp"
#include "crypto/random.hpp"
#include "crypto/signature.hpp"

using namespace millrace;

namespace {

std::string bytes(std::string_view digits) {
  std::string made;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
    made += static_cast<char>(std::stoi(std::string(digits.substr(at, 2)), nullptr, 16));
  return made;
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("digests and keyed hashes are those of their standards") {  // FIPS 180-4, RFC 4231 (case 2)
  CHECK(fingerprint("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(fingerprint("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256("abc")) == fingerprint("abc"));
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("keyed hashes of every kind are those of their standards") {  // RFC 2202, RFC 4231 (cases 2 and 6)
  const std::string text = "what do ya want for nothing?";
  CHECK(hex(hmac(Hash::sha1, "Jefe", text)) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(hmac(Hash::sha256, "Jefe", text) == hmac_sha256("Jefe", text));
  CHECK(hex(hmac(Hash::sha512, "Jefe", text)) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  const std::string long_key(80, '\xaa');
  CHECK(hex(hmac(Hash::sha1, long_key, "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  CHECK(hex(hmac(Hash::sha1, long_key, "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data")) ==
        "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
  // Every way in which a message can end within a block: against the sum of the digests, made once with another
  // program.
  std::string all;
  for (std::size_t size = 0; size <= 130; ++size) all += hmac(Hash::sha1, "k", std::string(size, 'x'));
  CHECK(fingerprint(all) == "7fe6f4baf34fae17d3660518ca34377455a08a9e227088f8228c201d0ea8a134");
}

TEST_CASE("a signature holds for its message, its key and its size only") {  // RFC 8032, 7.1, test 2
  const std::string key = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const std::string signature = bytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  CHECK(ed25519_signed(key, "\x72", signature));
  CHECK_FALSE(ed25519_signed(key, "\x73", signature));
  CHECK_FALSE(ed25519_signed(key, "", signature));
  CHECK_FALSE(ed25519_signed(key.substr(1), "\x72", signature));
  CHECK_FALSE(ed25519_signed(key, "\x72", signature + '\0'));
  CHECK_FALSE(ed25519_signed(std::string(32, '\xFF'), "\x72", signature));
  for (std::size_t at = 0; at < signature.size(); ++at) {
    std::string other = signature;
    other[at] = static_cast<char>(other[at] ^ 1);
    CHECK_FALSE(ed25519_signed(key, "\x72", other));
  }
}

TEST_CASE("secrets are the same only where every byte is") {
  CHECK(same_secret("", ""));
  CHECK(same_secret(std::string("a\0b", 3), std::string("a\0b", 3)));
  CHECK_FALSE(same_secret(std::string("a\0b", 3), std::string("a\0c", 3)));
  CHECK_FALSE(same_secret("secret", "secret "));
  CHECK_FALSE(same_secret("", "secret"));
  CHECK(same_bytes("abc", "abc"));
  CHECK_FALSE(same_bytes("abc", "abcd"));
}

TEST_CASE("base64 of any bytes comes back, with its padding or without") {  // RFC 4648, 10
  for (const auto& [text, encoded] : {std::pair{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"fooba", "Zm9vYmE="},
                                      {"foobar", "Zm9vYmFy"}}) {
    CHECK(encode_base64(text) == encoded);
    CHECK(decode_base64(encoded) == text);
    std::string bare = encoded;
    bare.erase(std::min(bare.find('='), bare.size()));
    CHECK(decode_base64(bare) == text);
  }
  for (int length = 0; length < 70; ++length) {
    const std::string some = *random_bytes(static_cast<std::size_t>(length));
    CHECK(decode_base64(encode_base64(some)) == some);
  }
  for (const char* wrong : {"A", "AAAAA", "A===", "AA=", "AA=A", "AA A", "AAA-", "=", "==", "AAAA="})
    CHECK_MESSAGE(!decode_base64(wrong), std::string(wrong));
}

TEST_CASE("a verifier's challenge is in base64 of addresses, without padding") {  // RFC 7636, appendix B
  CHECK(encode_base64_url(sha256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")) ==
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  CHECK(encode_base64_url("\xfb\xff") == "-_8");
}

TEST_CASE("random bytes differ, and a key's hash stays what it is while the program runs") {
  std::set<std::string> seen;
  for (int times = 0; times < 1000; ++times) seen.insert(*random_bytes(16));
  CHECK(seen.size() == 1000);
  CHECK(*random_bytes(0) == std::string());
  CHECK(random_bytes(1000)->size() == 1000);
  CHECK(key_hash("name") == key_hash("name"));
  CHECK(key_hash("name") != key_hash("eman"));
}

TEST_CASE("what is signed with a seed is what its key knows") {  // RFC 8032, 7.1, test 2
  const std::string seed = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  CHECK(ed25519_public_key(seed) == bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
  CHECK(
      ed25519_sign(seed, "\x72") ==
      bytes(
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
          "2aeeb00d291612bb0c00"));
  CHECK(ed25519_signed(ed25519_public_key(seed), "any", ed25519_sign(seed, "any")));
}

TEST_SUITE_END();
