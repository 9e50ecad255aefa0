#include "secret/vault_key.hpp"

#include <cctype>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "secret/vault.hpp"

namespace millrace {

namespace {

constexpr std::string_view key_word = "millrace-vault-key";
constexpr const char* key_credential = "millrace_vault_key";
constexpr const char* passphrase_credential = "millrace_vault_passphrase";
constexpr const char* passphrase_variable = "MILLRACE_VAULT_PASSPHRASE_FILE";
constexpr std::size_t id_bytes = 8, largest_key_file = 4096;
constexpr unsigned key_mode = 0600;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// A file of systemd's folder, which systemd guards; nothing where there is none.
Result<std::optional<std::string>> read_credential(const char* name) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') return std::optional<std::string>();
  return read_private_file((std::filesystem::path(folder) / name).string(), Others::anything, largest_key_file);
}

Result<std::optional<VaultKey>> key_in(const std::optional<std::string>& text, const std::string& place) {
  if (!text) return std::optional<VaultKey>();
  auto key = parse_vault_key(*text);
  if (!key) return key.error().within(place);
  return std::optional(std::move(*key));
}

Result<std::optional<VaultKey>> key_in_credential() {
  return key_in(TRY(read_credential(key_credential)), std::string("the credential ") + key_credential);
}

Result<std::optional<VaultKey>> key_in_file() {
  const std::string file = vault_key_file().string();
  if (file.empty()) return std::optional<VaultKey>();
  return key_in(TRY(read_private_file(file, Others::may_not_read, largest_key_file)), file);
}

Result<Secret> find_passphrase(bool may_ask) {
  if (auto given = TRY(given_passphrase())) return std::move(*given);
  if (may_ask && has_terminal()) return Secret(TRY(ask_hidden("Passphrase of the vault: ")));
  return Error{ErrorCode::not_found, "the vault's passphrase is not known: put it into a file of mode 0600 that " +
                                         std::string(passphrase_variable) + " names, or give the credential " +
                                         passphrase_credential};
}

/// What was found is not what the vault was sealed with.
Error other_key(const std::string& id, const std::vector<std::string>& found) {
  return {ErrorCode::denied, "the vault is sealed with the key " + id + ", and there is another: " + join(found, ", ") +
                                 "; bring back the key that it was sealed with (\"millrace secret recover\")"};
}

}  // namespace

Result<std::optional<Secret>> given_passphrase() {
  auto text = TRY(read_credential(passphrase_credential));
  const char* file = std::getenv(passphrase_variable);
  if (!text && file != nullptr && *file != '\0') {
    text = TRY(read_private_file(file, Others::may_not_read, largest_key_file));
    if (!text) return Error{ErrorCode::not_found, "there is no " + std::string(file)};
  }
  if (!text) return std::optional<Secret>();
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  return std::optional(Secret(std::move(*text)));
}

VaultKey vault_key_of(std::string bytes) {
  std::string id = hex(hmac_sha256(bytes, "the id of a vault's key").substr(0, id_bytes));
  return {Secret(std::move(bytes)), std::move(id)};
}

Result<VaultKey> vault_key_of_passphrase(const std::string& passphrase, const PassphraseSalt& how) {
  return vault_key_of(TRY(key_of_passphrase(passphrase, how.salt, how.cost)));
}

Result<VaultKey> parse_vault_key(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  const bool named = words.size() == 3 && words.front() == key_word;
  const auto bytes = named || words.size() == 1 ? decode_base64(words.back()) : std::nullopt;
  if (!bytes || bytes->size() != seal_key_bytes)
    return Error{ErrorCode::invalid,
                 "this is no key of a vault (\"" + std::string(key_word) + "\", its id, 32 bytes in base64)"};
  VaultKey key = vault_key_of(*bytes);
  if (named && words[1] != key.id)
    return Error{ErrorCode::invalid,
                 "this key of a vault was not copied right: it is not the one with the id " + words[1]};
  return key;
}

std::string encode_vault_key(const VaultKey& key) {
  return std::string(key_word) + " " + key.id + " " + encode_base64(key.bytes.reveal()) + "\n";
}

std::filesystem::path vault_key_file() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  const bool absolute = config != nullptr && *config == '/';
  if (!absolute && (home == nullptr || *home != '/')) return {};
  const auto folder = absolute ? std::filesystem::path(config) : std::filesystem::path(home) / ".config";
  return folder / "millrace" / "vault.key";
}

Result<VaultKey> find_vault_key(const std::string& id, const std::optional<PassphraseSalt>& passphrase, bool may_ask) {
  std::vector<std::string> others;
  std::optional<Error> unreadable;  // told where no other place has it
  for (const auto& [place, look] : {std::pair("the credential " + std::string(key_credential), &key_in_credential),
                                    std::pair(vault_key_file().string(), &key_in_file)}) {
    auto key = look();
    if (!key && !unreadable) unreadable = key.error();
    if (!key || !*key) continue;
    if ((*key)->id == id) return std::move(**key);
    others.push_back(place + " holds " + (*key)->id);
  }
  if (passphrase) {
    auto key = TRY(vault_key_of_passphrase(TRY(find_passphrase(may_ask)).reveal(), *passphrase));
    if (key.id == id) return key;
    return Error{ErrorCode::denied, "this is not the vault's passphrase"};
  }
  if (unreadable) return std::move(*unreadable);
  if (!others.empty()) return other_key(id, others);
  const std::string file = vault_key_file().string();
  return Error{ErrorCode::not_found, "the vault is sealed with the key " + id +
                                         ", which is not here (looked for the credential " + key_credential +
                                         (file.empty() ? "" : " and for " + file) +
                                         "): bring it back (\"millrace secret recover\")"};
}

Result<VaultKey> first_vault_key() {
  if (auto key = TRY(key_in_credential())) return std::move(*key);
  if (auto key = TRY(key_in_file())) return std::move(*key);
  const std::filesystem::path file = vault_key_file();
  if (file.empty()) {
    return Error{ErrorCode::not_found, "there is no place for the vault's key: give it as the credential " +
                                           std::string(key_credential) + ", or set XDG_CONFIG_HOME"};
  }
  std::string bytes = TRY(random_bytes(seal_key_bytes));
  TRY(make_private_folder(file.parent_path().string()));
  TRY(put_new_file(file.string(), encode_vault_key(vault_key_of(std::move(bytes))), key_mode));
  if (auto key = TRY(key_in_file())) return std::move(*key);  // of whoever came first
  return Error{ErrorCode::unavailable, file.string() + " was there, and is gone"};
}

}  // namespace millrace
