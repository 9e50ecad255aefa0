#include "secret/vault.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <utility>

#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "secret/file_stamp.hpp"
#include "secret/vault_file.hpp"
#include "secret/vault_key.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t largest_vault = 16u << 20, largest_secret = 64u << 10;
constexpr unsigned vault_mode = 0600;

Error conflict(const std::string& name, std::uint64_t there) {
  const std::string now = there == 0 ? " is not in the vault" : " has version " + std::to_string(there) + " now";
  return {ErrorCode::conflict, "the secret \"" + name + "\"" + now + ": somebody else has changed it"};
}

Status check_value(const std::string& name, const Secret& value) {
  TRY(check_secret_name(name));
  if (trim(value.reveal()).empty()) return Error{ErrorCode::invalid, "a secret that is empty is none"};
  if (value.reveal().find('\0') != std::string::npos)
    return Error{ErrorCode::invalid, "a secret with a NUL byte can be sent nowhere: give it as text"};
  if (value.reveal().size() > largest_secret) return Error{ErrorCode::invalid, "a secret has 64 KiB at most"};
  if (!valid_utf8(value.reveal())) return Error{ErrorCode::invalid, "a secret is text, in UTF-8"};
  return Done{};
}

/// A file that root made would be closed to the service whose folder it is.
Status check_own_folder(const std::filesystem::path& folder) {
  struct stat about = {};
  if (::stat(folder.c_str(), &about) != 0 || about.st_uid == ::geteuid()) return Done{};
  const std::string owner = name_of_user(about.st_uid);
  return Error{ErrorCode::denied, folder.string() + " belongs to " + owner + ", who could not read what is written: " +
                                      "do this as " + owner + " (sudo -u " + owner + ")"};
}

}  // namespace

bool is_secret_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 100) return false;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') return false;
  }
  return true;
}

Status check_secret_name(const std::string& name) {
  if (is_secret_name(name)) return Done{};
  return Error{ErrorCode::invalid, "\"" + shortened(name, 100) + "\" can be the name of no secret: letters, digits, " +
                                       "\"_\" and \"-\", 100 at most"};
}

class Vault::Inside {
 public:
  explicit Inside(const std::filesystem::path& project) : file_(project / "state" / "vault") {}

  /// What is there now; read again only where the file has changed, because every request of a run asks.
  Result<const VaultContent*> read(bool may_ask) {
    struct stat about = {};
    const bool there = ::lstat(file_.c_str(), &about) == 0;
    const bool absent = !there && errno == ENOENT;
    if (there && stamp_ && *stamp_ == FileStamp(about)) return &content_;
    forget();
    if (absent) return &content_;
    const auto text = TRY(read_private_file(file_.string(), Others::may_not_read, largest_vault, &about));
    if (!text) return &content_;
    const auto vault = parse_vault(*text);
    if (!vault) return vault.error().within(file_.string());
    TRY(find_key(vault->head, may_ask));
    auto content = open_vault_content(*vault, *key_);
    if (!content) return content.error().within(file_.string());
    content_ = std::move(*content);
    head_ = vault->head;
    stamp_.emplace(about);
    for (const auto& [name, entry] : content_.entries) know(name, entry);
    return &content_;
  }

  void look() {
    struct stat about = {};
    const bool there = ::lstat(file_.c_str(), &about) == 0;
    const auto now = there ? std::optional(FileStamp(about)) : std::nullopt;
    if (now == looked_at_) return;
    looked_at_ = now;
    (void)read(false);
  }

  Status check_place() const {
    TRY(keep_folder_private(file_.parent_path().string()));
    return check_own_folder(file_.parent_path());
  }

  /// `change` says whether anything is to be written. The key is found before the lock is taken: somebody may have to
  /// be asked for it, and nobody waits for that.
  template <class Change>
  Result<bool> write(Change change) {
    TRY(check_place());
    TRY(read(true));
    const FileLock lock = TRY(alone());
    TRY(read(false));
    if (!stamp_) key_ = TRY(first_vault_key());
    VaultContent fresh = content_;
    ++fresh.writes;
    if (!TRY(change(fresh))) return false;
    TRY(put(stamp_ ? head_ : VaultHead{key_->id, std::nullopt}, fresh));
    return true;
  }

  Status begin(const Secret& passphrase) {
    TRY(check_place());
    if (trim(passphrase.reveal()).empty()) {
      return Error{ErrorCode::invalid,
                   "the passphrase is blank, so whoever has a copy of the vault could open it: give one that says "
                   "something, at the terminal, as the credential millrace_vault_passphrase or in the file that "
                   "MILLRACE_VAULT_PASSPHRASE_FILE names"};
    }
    const PassphraseSalt how{TRY(random_bytes(salt_bytes)), {}};
    VaultKey key = TRY(vault_key_of_passphrase(passphrase.reveal(), how));
    const std::string text = TRY(seal_vault({key.id, how}, {}, key));
    const FileLock lock = TRY(alone());
    if (!TRY(put_new_file(file_.string(), text, vault_mode)))
      return Error{ErrorCode::conflict, "there is a vault already: " + file_.string()};
    key_ = std::move(key);
    return Done{};
  }

  Result<std::optional<VaultHead>> head() const {
    const auto text = TRY(read_private_file(file_.string(), Others::may_not_read, largest_vault));
    if (!text) return std::optional<VaultHead>();
    const auto vault = parse_vault(*text);
    if (!vault) return vault.error().within(file_.string());
    return std::optional(vault->head);
  }

  void know(const std::string& name, const KeptEntry& entry) const {
    if (!know_) return;
    know_(name, entry.current.value.reveal());
    if (entry.previous) know_(name, entry.previous->value.reveal());
  }

  const std::filesystem::path file_;
  std::optional<VaultKey> key_;
  Know know_;

 private:
  Status find_key(const VaultHead& head, bool may_ask) {
    if (key_ && key_->id == head.key_id) return Done{};
    auto key = find_vault_key(head.key_id, head.passphrase, may_ask);
    if (!key) return key.error().within(file_.string());
    key_ = std::move(*key);
    return Done{};
  }

  /// The only one who writes. What those who were stopped while they wrote have left is removed: it holds values that
  /// somebody may since have removed.
  Result<FileLock> alone() const {
    FileLock lock = TRY(FileLock::open(file_.string() + ".lock"));
    lock.lock();
    remove_unfinished(file_.string());
    return lock;
  }

  Status put(const VaultHead& head, const VaultContent& content) {
    const std::string text = TRY(seal_vault(head, content, *key_));
    if (text.size() > largest_vault) return Error{ErrorCode::limited, "a vault has 16 MiB at most"};
    TRY(replace_file(file_.string(), text, vault_mode));
    stamp_.reset();
    TRY(read(false));
    return Done{};
  }

  void forget() {
    stamp_.reset();
    content_ = {};
  }

  std::optional<FileStamp> stamp_;      // of the file whose content is in `content_`
  std::optional<FileStamp> looked_at_;  // of the last one that `look` has seen, whether it could be read or not
  VaultHead head_;
  VaultContent content_;
};

Vault::Vault(const std::filesystem::path& project) : inside_(std::make_unique<Inside>(project)) {}

Vault::~Vault() = default;

Result<std::optional<VaultSecret>> Vault::get(std::string_view name) {
  const VaultContent* content = TRY(inside_->read(true));
  const auto found = content->entries.find(name);
  if (found == content->entries.end()) return std::optional<VaultSecret>();
  const KeptEntry& entry = found->second;
  VaultSecret secret{entry.current.value, entry.current.version};
  if (entry.previous) secret.previous = entry.previous->value;
  return std::optional(std::move(secret));
}

namespace {

/// The version that is there; 0 where there is none.
std::uint64_t version_of(const VaultContent& content, const std::string& name) {
  const auto there = content.entries.find(name);
  return there == content.entries.end() ? 0 : there->second.current.version;
}

Status check_version(const VaultContent& content, const std::string& name, std::optional<std::uint64_t> expected) {
  const std::uint64_t there = version_of(content, name);
  if (expected && *expected != there) return conflict(name, there);
  return Done{};
}

}  // namespace

Status Vault::check_put(const std::string& name, const Secret& value) {
  TRY(check_value(name, value));
  TRY(inside_->check_place());
  TRY(inside_->read(true));
  return Done{};
}

Result<std::uint64_t> Vault::put(const std::string& name, Secret value, VaultTerms terms) {
  TRY(check_value(name, value));
  announce(name, value);
  std::uint64_t version = 0;
  TRY(inside_->write([&](VaultContent& content) -> Result<bool> {
    TRY(check_version(content, name, terms.expected));
    version = content.writes;
    KeptEntry entry{{std::move(value), version, now_utc()}, std::nullopt};
    const auto there = content.entries.find(name);
    if (terms.keep_previous && there != content.entries.end()) entry.previous = std::move(there->second.current);
    content.entries.insert_or_assign(name, std::move(entry));
    return true;
  }));
  return version;
}

Result<bool> Vault::end_rotation(const std::string& name, bool back, std::optional<std::uint64_t> expected) {
  if (!TRY(get(name))) return false;
  return inside_->write([&](VaultContent& content) -> Result<bool> {
    TRY(check_version(content, name, expected));
    const auto there = content.entries.find(name);
    if (there == content.entries.end() || !there->second.previous) return false;
    KeptEntry& entry = there->second;
    if (back) {
      entry.current = std::move(*entry.previous);
      entry.current.version = content.writes;
    }
    entry.previous.reset();
    return true;
  });
}

Result<bool> Vault::remove(const std::string& name, std::optional<std::uint64_t> expected) {
  if (!TRY(get(name))) return false;
  return inside_->write([&](VaultContent& content) -> Result<bool> {
    TRY(check_version(content, name, expected));
    return content.entries.erase(name) > 0;
  });
}

Result<std::vector<VaultEntry>> Vault::list() {
  const VaultContent* content = TRY(inside_->read(true));
  std::vector<VaultEntry> entries;
  for (const auto& [name, entry] : content->entries) {
    entries.push_back({name, entry.current.version, entry.current.set});
    if (entry.previous) entries.back().previous = entry.previous->version;
  }
  return entries;
}

Result<VaultState> Vault::state() {
  VaultState state;
  state.file = inside_->file_;
  const auto head = TRY(inside_->head());
  if (!head) return state;
  state.there = true;
  state.key_id = head->key_id;
  state.passphrase = head->passphrase.has_value();
  return state;
}

Status Vault::begin_with_passphrase(const Secret& passphrase) { return inside_->begin(passphrase); }

Result<Secret> Vault::recovery_text() {
  TRY(inside_->read(true));
  if (!TRY(inside_->head()))
    return Error{ErrorCode::not_found, "there is no vault here yet: \"millrace secret set NAME\" makes it"};
  return Secret(encode_vault_key(*inside_->key_));
}

Status Vault::check_recovery(const Secret& text) const {
  const VaultKey key = TRY(parse_vault_key(text.reveal()));
  const auto head = TRY(inside_->head());
  if (head && head->key_id != key.id) {
    return Error{ErrorCode::denied,
                 "this is the key " + key.id + ", and " + inside_->file_.string() + " is sealed with " + head->key_id};
  }
  const std::filesystem::path file = vault_key_file();
  if (file.empty()) return Error{ErrorCode::not_found, "there is no place for the key: set XDG_CONFIG_HOME"};
  const auto there = TRY(read_private_file(file.string(), Others::may_not_read));
  if (!there) return Done{};
  const auto before = parse_vault_key(*there);
  if (before && before->id == key.id) return Done{};
  return Error{ErrorCode::conflict,
               file.string() + " holds another key, which other vaults may need: move it away first"};
}

Result<std::filesystem::path> Vault::recover(const Secret& text) {
  TRY(check_recovery(text));
  const VaultKey key = TRY(parse_vault_key(text.reveal()));
  const std::filesystem::path file = vault_key_file();
  TRY(make_private_folder(file.parent_path().string()));
  if (!TRY(put_new_file(file.string(), encode_vault_key(key), vault_mode))) TRY(check_recovery(text));
  return file;
}

void Vault::tell(Know know) { inside_->know_ = std::move(know); }

void Vault::announce(const std::string& name, const Secret& value) {
  if (inside_->know_) inside_->know_(name, value.reveal());
}

void Vault::know_all() { inside_->look(); }

}  // namespace millrace
