#include "secret/secrets.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/private_files.hpp"
#include "base/text.hpp"
#include "secret/file_stamp.hpp"
#include "secret/redactor.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::string_view handle_prefix = "secret:";
constexpr std::string_view variable_prefix = "MILLRACE_SECRET_";
constexpr std::size_t largest_file = 1u << 20;
/// A service redacts ten thousands of texts in a second, and each look at the files costs as much as a short one of
/// them.
constexpr auto longest_unseen = std::chrono::microseconds(250);
constexpr std::size_t largest_known = 64u << 10;  // of systemd's folder; what is larger is no token

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

/// Variables that hold secrets, taken out of the environment: what is in there is inherited by whatever is started,
/// read by whatever is loaded, and shown by the system to whoever may look. They are the process's own, as the
/// environment is.
class Variables {
 public:
  /// All that are there now.
  void take() {
    std::vector<std::string> names;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
      const std::string_view entry = *each;
      const std::size_t end = entry.find('=');
      if (entry.starts_with(variable_prefix) && end != std::string_view::npos) names.emplace_back(entry.substr(0, end));
    }
    for (const std::string& name : names) take(name);
  }

  void take(const std::string& name) {
    char* set = std::getenv(name.c_str());
    if (set == nullptr) return;
    taken_.insert_or_assign(name, Secret(without_line_end(set)));
    ::explicit_bzero(set, std::strlen(set));  // the system shows this memory to whoever may look at the process
    ::unsetenv(name.c_str());
  }

  const std::map<std::string, Secret, std::less<>>& taken() const noexcept { return taken_; }

 private:
  std::map<std::string, Secret, std::less<>> taken_;
};

Variables& variables() {
  static Variables all;
  return all;
}

/// Empty where there is none.
std::filesystem::path credentials_folder() {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  return folder != nullptr ? folder : "";
}

/// The tokens in an entry that holds a connection's: its one document is not what a far side repeats.
void gather_tokens(const Value& value, std::vector<std::string>& tokens) {
  if (!value.is_map()) return;
  for (const auto& [name, member] : value.map()) {
    const bool secret = name.is_text() && (name.text() == "token" || name.text() == "refresh");
    if (secret && member.is_text()) tokens.push_back(member.text());
    gather_tokens(member, tokens);
  }
}

/// What is secret by itself in an entry of the vault.
std::vector<std::string> secrets_in(std::string_view name, const std::string& value) {
  std::vector<std::string> found;
  if (name.starts_with(token_entry_prefix)) {
    if (const auto document = parse_json(value)) gather_tokens(*document, found);
  }
  if (found.empty()) found.push_back(without_line_end(value));
  return found;
}

/// Whether the entry is one of a connection's tokens, and no secret of somebody's that is called as one.
bool holds_tokens(std::string_view name, const std::string& value) {
  if (!name.starts_with(token_entry_prefix)) return false;
  const auto document = parse_json(value);
  const Value* access = document && document->is_map() ? document->find("access") : nullptr;
  return access != nullptr && access->find("token") != nullptr;
}

class LayeredSecrets final : public Secrets {
 public:
  LayeredSecrets(const std::filesystem::path& project, std::unique_ptr<Vault> own, Vault& vault)
      : file_(project / "state" / "secrets.json"), own_(std::move(own)), vault_(vault) {
    variables().take();
    vault_.tell([this](const std::string& name, const std::string& value) {
      for (const std::string& each : secrets_in(name, value)) redactor_.add(std::string(handle_prefix) + name, each);
    });
    for (const auto& [name, value] : variables().taken()) {
      const std::string handle = lower(std::string_view(name).substr(variable_prefix.size()));
      redactor_.add("secret:" + handle, value.reveal());
    }
    know_all();
  }
  ~LayeredSecrets() override { vault_.tell({}); }

  Result<Secret> find(std::string_view handle) override {
    if (!is_secret_handle(handle) || !is_secret_name(handle.substr(handle_prefix.size()))) {
      return Error{ErrorCode::invalid, "\"" + std::string(handle) +
                                           "\" is not the handle of a secret: write secret:name, " +
                                           "with letters, digits, \"_\" and \"-\" in the name"};
    }
    const std::string name(handle.substr(handle_prefix.size()));
    const std::string variable = secret_variable(handle);
    variables().take(variable);
    std::optional<std::string> value;
    const auto taken = variables().taken().find(variable);
    if (taken != variables().taken().end()) value = taken->second.reveal();
    if (!value) value = TRY(from_credentials(name));
    if (!value) value = TRY(from_vault(name));
    if (!value) value = supplied(name);
    if (!value) value = TRY(from_file(name));
    if (!value) return missing(handle, name);
    std::string text = without_line_end(std::move(*value));
    if (text.empty()) return Error{ErrorCode::invalid, "the secret \"" + name + "\" is empty: give it a value"};
    redactor_.add(handle, text);
    return Secret(std::move(text));
  }

  std::optional<Secret> previous(std::string_view handle) override {
    if (!is_secret_handle(handle)) return std::nullopt;
    const std::string name(handle.substr(handle_prefix.size()));
    if (variables().taken().contains(secret_variable(handle))) return std::nullopt;
    const auto credential = from_credentials(name);
    if (!credential || *credential) return std::nullopt;
    const auto found = vault_.get(name);
    if (!found || !*found || !(*found)->previous) return std::nullopt;
    return Secret(without_line_end((*found)->previous->reveal()));
  }

  void supply(SuppliedSecrets given) override {
    supply_.from = std::move(given.from);
    supply_.problem = std::move(given.problem);
    if (!given.values) return;
    for (const auto& [name, value] : *given.values)
      redactor_.add(std::string(handle_prefix) + name, without_line_end(value.reveal()));
    supply_.values = std::move(given.values);
  }

  void keep_out(std::string_view handle, const Secret& value) override { redactor_.add(handle, value.reveal()); }
  bool knows_any() const override {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_at_ >= longest_unseen) {
      looked_at_ = now;
      know_all();
    }
    return redactor_.knows_any();
  }
  void redact_in_place(std::string& text) const override { redactor_.redact(text); }
  bool finds_handle(std::string_view text) const override { return knows_any() && redactor_.finds_handle(text); }

 private:
  static Result<std::optional<std::string>> from_credentials(const std::string& name) {
    const std::filesystem::path folder = credentials_folder();
    if (folder.empty()) return std::optional<std::string>();
    return read_private_file((folder / name).string(), Others::anything);
  }

  Result<std::optional<std::string>> from_vault(const std::string& name) {
    const auto found = TRY(vault_.get(name));
    if (!found) return std::optional<std::string>();
    if (holds_tokens(name, found->secret.reveal())) {
      const std::string connection = name.substr(token_entry_prefix.size());
      return Error{ErrorCode::denied, "\"" + name + "\" is where the tokens of connection \"" + connection +
                                          "\" are kept, which are shown for that connection alone: name another "
                                          "secret"};
    }
    return std::optional(found->secret.reveal());
  }

  std::optional<std::string> supplied(const std::string& name) const {
    if (!supply_.values) return std::nullopt;
    const auto found = supply_.values->find(name);
    return found == supply_.values->end() ? std::nullopt : std::optional(found->second.reveal());
  }

  /// What can be found is kept out of what is written, asked for or not: from the start on, and from the moment on in
  /// which somebody else has set it. What is wrong with a place is told to whoever asks for a secret.
  void know_all() const {
    vault_.know_all();
    if (auto now = stamp_of(file_); now != seen_file_) {
      seen_file_ = now;
      (void)read_file();
    }
    const std::filesystem::path folder = credentials_folder();
    if (folder.empty()) return;
    if (auto now = stamp_of(folder); now != seen_folder_) {
      seen_folder_ = now;
      know_credentials(folder);
    }
  }

  void know_credentials(const std::filesystem::path& folder) const {
    std::error_code failed;
    for (const auto& each : std::filesystem::directory_iterator(folder, failed)) {
      const std::string name = each.path().filename().string();
      const auto text = read_private_file(each.path().string(), Others::anything, largest_known);
      if (is_secret_name(name) && text && *text) redactor_.add("secret:" + name, without_line_end(**text));
    }
  }

  /// Every request of a run asks, so the file is read again only when it has changed.
  Result<std::optional<std::string>> from_file(const std::string& name) {
    const auto now = stamp_of(file_);
    if (!now || now != read_) TRY(read_file());
    const auto found = known_.find(name);
    return found == known_.end() ? std::nullopt : std::optional<std::string>(found->second.reveal());
  }

  Status read_file() const {
    known_.clear();
    read_.reset();
    struct stat about = {};
    const std::optional<std::string> text =
        TRY(read_private_file(file_.string(), Others::may_not_read, largest_file, &about));
    if (!text) return Done{};
    const auto secrets = parse_json(*text);
    if (!secrets) return secrets.error().within(file_.string());
    const Error shape = {ErrorCode::invalid, file_.string() + R"( must look like {"name": "value"})"};
    if (!secrets->is_map()) return shape;
    for (const auto& [name, value] : secrets->map()) {
      if (!name.is_text() || !value.is_text()) {
        known_.clear();
        return shape;
      }
      known_.emplace(name.text(), Secret(value.text()));
      redactor_.add("secret:" + name.text(), without_line_end(value.text()));
    }
    read_.emplace(about);
    return Done{};
  }

  Error missing(std::string_view handle, const std::string& name) const {
    if (supply_.problem)
      return {supply_.problem->code == ErrorCode::unavailable ? ErrorCode::unavailable : ErrorCode::not_found,
              "no secret \"" + name + "\" is here, and " + supply_.problem->message};
    std::string searched = "the environment";
    if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY")) searched += ", " + std::string(folder);
    searched += ", the vault" + (supply_.from.empty() ? "" : ", " + supply_.from) + " and " + file_.string();
    return {ErrorCode::not_found, "no secret \"" + name + "\" (looked in " + searched + "): \"millrace secret set " +
                                      name + "\" gives it a value, or " + secret_variable(handle) +
                                      " in the environment"};
  }

  std::filesystem::path file_;
  std::unique_ptr<Vault> own_;  // where nobody else needs one
  Vault& vault_;
  SuppliedSecrets supply_;
  // What others may change at any time, as it was found last.
  mutable std::optional<FileStamp> read_;  // when `known_` was read
  mutable std::map<std::string, Secret, std::less<>> known_;
  mutable std::optional<FileStamp> seen_file_, seen_folder_;
  mutable std::chrono::steady_clock::time_point looked_at_;
  mutable Redactor redactor_;
};

}  // namespace

Secret::~Secret() {
  text_.resize(text_.capacity());  // within the capacity, so nothing is allocated
  ::explicit_bzero(text_.data(), text_.size());
}

bool is_secret_handle(std::string_view text) noexcept { return text.substr(0, handle_prefix.size()) == handle_prefix; }

std::string secret_variable(std::string_view handle) {
  if (is_secret_handle(handle)) handle.remove_prefix(handle_prefix.size());
  std::string variable(variable_prefix);
  for (const char c : handle)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

std::vector<std::string> secret_variables() {
  std::vector<std::string> all;
  for (const auto& [name, value] : variables().taken()) all.push_back(name + "=" + value.reveal());
  return all;
}

std::unique_ptr<Secrets> open_secrets(const std::filesystem::path& project, Vault& vault) {
  return std::make_unique<LayeredSecrets>(project, nullptr, vault);
}

std::unique_ptr<Secrets> open_secrets(const std::filesystem::path& project) {
  auto own = std::make_unique<Vault>(project);
  Vault& vault = *own;
  return std::make_unique<LayeredSecrets>(project, std::move(own), vault);
}

}  // namespace millrace
