#include "cli/signer.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "crypto/minisign.hpp"

namespace millrace {
namespace {

Error refused(const std::string& why) { return {ErrorCode::denied, why}; }

/// What minisign writes over its keys says nothing of whose they are.
std::string name_in(const MinisignKey& key) {
  if (key.comment.starts_with("minisign public key")) return "";
  // What is no name could say more of the key than is known.
  const auto ends = std::find_if(key.comment.begin(), key.comment.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x80 && std::isalnum(byte) == 0 && std::string_view(" .-_&@").find(c) == std::string_view::npos;
  });
  return printable(shortened(trim(std::string_view(key.comment.begin(), ends)), 40));
}

Result<MinisignKey> read_key(const std::string& given) {
  if (auto key = parse_minisign_key(given)) return key;
  const auto text = read_input(given);
  if (!text) return refused("--key takes a public key of minisign's (RW...), or the file that holds it");
  auto key = parse_minisign_key(*text);
  if (!key) return key.error().within(given);
  return key;
}

/// The key that made the signature. Two keys may bear the same id, which is only a name.
Result<MinisignKey> key_of(const MinisignSignature& signature, const std::vector<MinisignKey>& known,
                           const std::string& signed_text) {
  Status problem = refused("it is signed with the key " + minisign_id(signature.id) +
                           ", which is not known here; give the public key that its author publishes: --key RW...");
  for (const MinisignKey& key : known) {
    if (key.id != signature.id) continue;
    problem = check_minisign(signature, key, signed_text);
    if (problem) return key;
  }
  return problem.error();
}

/// minisign says when it signed: "timestamp:1764200000". Other comments say nothing of that.
bool is_ahead(const std::string& comment) {
  constexpr std::string_view words = "timestamp:";
  return comment.starts_with(words) && std::strtoll(comment.c_str() + words.size(), nullptr, 10) > std::time(nullptr);
}

/// Another key than before could be anybody's.
Status check_same_hand(const LockedPlugin* before, const std::string& key, const std::string& given) {
  if (before == nullptr || before->keys.empty() || key == given) return Done{};
  const bool known = std::find(before->keys.begin(), before->keys.end(), key) != before->keys.end();
  if (known) return Done{};
  return refused(before->name + " " + before->version + " was signed with the key " + before->keys.back() +
                 ", and this package with " + key + "; where its author says that this key is theirs, too: --key " +
                 key);
}

}  // namespace

Result<std::optional<Signer>> find_signer(const Package& package, const PluginLock& lock, const std::string& given,
                                          const std::string& now) {
  const LockedPlugin* before = lock.find(package.name);
  if (!package.signature) {
    if (!given.empty()) return refused("the package is not signed, and --key says whose signature it has to bear");
    if (before == nullptr || before->keys.empty()) return std::optional<Signer>();
    return refused(before->name + " " + before->version + " was signed with the key " + before->keys.back() +
                   ", and this package is not signed; ask its author for one that is, or take \"" + before->name +
                   "\" out of " + std::string(plugin_lock_file) + " first");
  }
  const auto signature = parse_minisign_signature(*package.signature);
  if (!signature) return signature.error().within("SHA256SUMS.minisig");
  std::vector<MinisignKey> known;
  std::string wanted;
  for (const TrustedKey& key : lock.keys) {
    if (auto parsed = parse_minisign_key(key.key)) known.push_back(*parsed);
  }
  if (!given.empty()) {
    known.insert(known.begin(), TRY(read_key(given)));
    wanted = known.front().text;
  }
  if (package.key) known.push_back(TRY(parse_minisign_key(*package.key)));
  const auto key = key_of(*signature, known, package.sums);
  if (!key) return key.error().within("the package's signature");
  if (!wanted.empty() && key->text != wanted)
    return refused("the package is signed with the key " + key->text + ", and --key names another");
  TRY(check_same_hand(before, key->text, wanted));
  Signer signer;
  const TrustedKey* trusted = lock.find_key(key->text);
  signer.first_seen = trusted == nullptr;
  signer.key = trusted != nullptr ? *trusted : TrustedKey{key->text, name_in(*key), now};
  signer.ahead = is_ahead(signature->trusted_comment);
  return std::optional(std::move(signer));
}

}  // namespace millrace
