#include "secret/vault_file.hpp"

#include <utility>

#include "crypto/base64.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::int64_t vault_format = 1;

Error broken() {
  return {ErrorCode::invalid,
          "this is no vault, or not all of one: put a copy of it back, or remove it and set the secrets anew"};
}

std::optional<std::uint64_t> count_in(const Value& in, std::string_view name) {
  const Value* count = in.find(name);
  if (count == nullptr || !count->is(Kind::integer) || count->integer() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(count->integer());
}

Value count_of(std::uint64_t count) { return Value(static_cast<std::int64_t>(count)); }

Value encode_head(const VaultHead& head) {
  Value passphrase;
  if (head.passphrase) {
    passphrase = Value::object({{"salt", encode_base64(head.passphrase->salt)},
                                {"rounds", count_of(head.passphrase->cost.rounds)},
                                {"memory", count_of(head.passphrase->cost.memory)}});
  }
  return Value::object({{"vault", vault_format}, {"key", head.key_id}, {"passphrase", passphrase}});
}

Result<VaultHead> decode_head(const Value& document) {
  VaultHead head;
  head.key_id = document.text_or("key");
  const Value* passphrase = document.find("passphrase");
  if (head.key_id.empty() || passphrase == nullptr) return broken();
  if (passphrase->is_null()) return head;
  const auto salt = decode_base64(passphrase->text_or("salt"));
  const auto rounds = count_in(*passphrase, "rounds"), memory = count_in(*passphrase, "memory");
  if (!salt || !rounds || !memory) return broken();
  head.passphrase = PassphraseSalt{*salt, {*rounds, *memory}};
  return head;
}

Value encode_kept(const KeptSecret& kept) {
  return Value::object(
      {{"value", kept.value.reveal()}, {"version", count_of(kept.version)}, {"set", render(kept.set)}});
}

Result<KeptSecret> decode_kept(const Value& from) {
  const Value* value = from.find("value");
  const auto version = count_in(from, "version");
  const auto set = parse_timestamp(from.text_or("set"));
  if (value == nullptr || !value->is_text() || !version || !set) return broken();
  return KeptSecret{Secret(value->text()), *version, *set};
}

}  // namespace

Result<SealedVault> parse_vault(std::string_view text) {
  const auto document = parse_json(text);
  if (!document || !document->is_map()) return broken();
  const auto format = count_in(*document, "vault");
  if (!format) return broken();
  if (*format != static_cast<std::uint64_t>(vault_format))
    return Error{ErrorCode::invalid, "this vault is of a later Millrace, which can read it"};
  SealedVault vault;
  vault.head = TRY(decode_head(*document));
  auto sealed = decode_base64(document->text_or("sealed"));
  if (!sealed || sealed->empty()) return broken();
  vault.sealed = std::move(*sealed);
  return vault;
}

Result<VaultContent> open_vault_content(const SealedVault& vault, const VaultKey& key) {
  const auto opened = unseal(key.bytes.reveal(), encode_json(encode_head(vault.head)), vault.sealed);
  if (!opened) {
    return Error{ErrorCode::invalid,
                 "the vault was changed by something else than Millrace, or its disk is faulty: put a copy of it back"};
  }
  const Secret plain(*opened);
  const auto document = parse_json(plain.reveal());
  const Value* entries = document ? document->find("entries") : nullptr;
  const auto writes = document ? count_in(*document, "writes") : std::nullopt;
  if (entries == nullptr || !entries->is_map() || !writes) return broken();
  VaultContent content;
  content.writes = *writes;
  for (const auto& [name, entry] : entries->map()) {
    KeptEntry kept{TRY(decode_kept(entry)), std::nullopt};
    if (const Value* previous = entry.find("previous")) kept.previous = TRY(decode_kept(*previous));
    content.entries.emplace(name.text(), std::move(kept));
  }
  return content;
}

Result<std::string> seal_vault(const VaultHead& head, const VaultContent& content, const VaultKey& key) {
  Map entries;
  for (const auto& [name, entry] : content.entries) {
    Map kept = encode_kept(entry.current).map();
    if (entry.previous) kept.set("previous", encode_kept(*entry.previous));
    entries.set(name, std::move(kept));
  }
  const Secret plain(
      encode_json(Value::object({{"writes", count_of(content.writes)}, {"entries", std::move(entries)}})));
  const Value about = encode_head(head);
  Map document = about.map();
  document.set("sealed", encode_base64(TRY(seal(key.bytes.reveal(), encode_json(about), plain.reveal()))));
  return encode_json(Value(std::move(document))) + "\n";
}

}  // namespace millrace
