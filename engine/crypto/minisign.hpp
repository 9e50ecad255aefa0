#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace millrace {

/// A public key as minisign writes it.
struct MinisignKey {
  std::string text;     ///< one line of base64, "RWQ...": by it people know the key
  std::string comment;  ///< what stands above it in its file, which nobody vouches for; or empty
  std::string id;       ///< 8 bytes, which its signatures name, too
  std::string key;      ///< Ed25519, 32 bytes
};

/// A signature as minisign writes it: four lines, of which the first is nobody's word.
struct MinisignSignature {
  bool hashed = false;          ///< of the BLAKE2b of the content ("ED"), not of the content itself ("Ed")
  std::string id;               ///< the key's
  std::string signature;        ///< of the content, 64 bytes
  std::string trusted_comment;  ///< what the signer says of it
  std::string comment_signature;
};

/// Reads the file of a public key, or its line of base64 alone.
Result<MinisignKey> parse_minisign_key(std::string_view text);
Result<MinisignSignature> parse_minisign_signature(std::string_view text);

/// The id as minisign shows it: "5E12C82AB71B68E".
std::string minisign_id(std::string_view id);

/// `denied` where it is not this key's signature of `content`, or the trusted comment is not the signer's.
Status check_minisign(const MinisignSignature& signature, const MinisignKey& key, std::string_view content);

}  // namespace millrace
