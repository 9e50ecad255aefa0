#include "crypto/minisign.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/files.hpp"

using namespace millrace;

namespace {

std::string kept(const std::string& name) {
  const auto text = read_input(std::string(TEST_DATA) + "/data/minisign/" + name);
  REQUIRE(text);
  return *text;
}

MinisignKey key_of(const std::string& name) {
  const auto key = parse_minisign_key(kept(name));
  REQUIRE(key);
  return *key;
}

MinisignSignature signature_of(const std::string& text) {
  const auto signature = parse_minisign_signature(text);
  REQUIRE(signature);
  return *signature;
}

bool holds(const MinisignSignature& signature, const MinisignKey& key, const std::string& content) {
  return static_cast<bool>(check_minisign(signature, key, content));
}

std::string with(std::string text, const std::string& before, const std::string& after) {
  const std::size_t at = text.find(before);
  REQUIRE(at != std::string::npos);
  return text.replace(at, before.size(), after);
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("signatures that minisign made hold, of the hash and of the text itself") {
  const std::string content = kept("SHA256SUMS");
  for (const std::string file : {"new.minisig", "old.minisig"}) {
    const MinisignSignature signature = signature_of(kept(file));
    CHECK(holds(signature, key_of("a.pub"), content));
    CHECK_FALSE(holds(signature, key_of("a.pub"), content + "\n"));
    CHECK_FALSE(holds(signature, key_of("a.pub"), ""));
    CHECK_FALSE(holds(signature, key_of("b.pub"), content));
  }
  CHECK(holds(signature_of(kept("other.minisig")), key_of("b.pub"), content));
  CHECK(signature_of(kept("new.minisig")).trusted_comment == "acme_crm 1.4.0");
  CHECK(signature_of(kept("new.minisig")).hashed);
  CHECK_FALSE(signature_of(kept("old.minisig")).hashed);
}

TEST_CASE("a signature says nothing once a part of it is changed") {
  const std::string content = kept("SHA256SUMS"), text = kept("new.minisig");
  const MinisignKey key = key_of("a.pub");
  CHECK_FALSE(holds(signature_of(with(text, "acme_crm 1.4.0", "acme_crm 1.4.1")), key, content));
  MinisignSignature signature = signature_of(text);
  signature.signature[0] = static_cast<char>(signature.signature[0] ^ 1);
  CHECK_FALSE(holds(signature, key, content));
  signature = signature_of(text);
  signature.comment_signature[63] = static_cast<char>(signature.comment_signature[63] ^ 1);
  CHECK_FALSE(holds(signature, key, content));
  signature = signature_of(text);
  signature.hashed = false;
  CHECK_FALSE(holds(signature, key, content));
  signature = signature_of(kept("old.minisig"));
  signature.hashed = true;
  CHECK_FALSE(holds(signature, key, content));
  // The id is only a name: another key that takes it is not the signer.
  MinisignKey impostor = key_of("b.pub");
  impostor.id = key.id;
  CHECK_FALSE(holds(signature_of(text), impostor, content));
  // What nobody signs may be anything.
  CHECK(holds(signature_of(with(text, "signature from minisign secret key", "hello")), key, content));
}

TEST_CASE("a key is a file of two lines or the line alone, and is known by the id that minisign shows") {
  const MinisignKey key = key_of("a.pub");
  CHECK(key.text == "RWSOtnGrgizhBasjBxKQdWf8kvyzMYXZTGtfEw/08ZT4ja75ilLc3Nov");
  CHECK(key.comment == "minisign public key 5E12C82AB71B68E");
  CHECK(minisign_id(key.id) == "5E12C82AB71B68E");
  CHECK(parse_minisign_key(key.text));
  CHECK(parse_minisign_key(key.text + "\r\n"));
}

TEST_CASE("what is no key and no signature of minisign's is refused") {
  const std::string key = key_of("a.pub").text, signature = kept("new.minisig");
  for (const std::string& wrong :
       {std::string(), key.substr(1), key + "A", "RX" + key.substr(2), key + "\n" + key, kept("a.pub") + key,
        "comment: x\n" + key, std::string(key.size(), ' '), signature, std::string(100000, 'A')}) {
    CHECK_FALSE(parse_minisign_key(wrong));
  }
  for (const std::string& wrong :
       {std::string(), key, kept("a.pub"), signature + "more\n", signature.substr(0, signature.size() - 20),
        with(signature, "untrusted comment: ", ""), with(signature, "\ntrusted comment: ", "\n"),
        with(signature, "RUSO", "RVSO"), with(signature, "RUSO", "!USO"), "\n" + signature,
        signature + std::string(100000, 'A')}) {
    CHECK_FALSE(parse_minisign_signature(wrong));
  }
}

TEST_SUITE_END();
