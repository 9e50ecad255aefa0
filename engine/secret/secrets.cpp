#include "secret/secrets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>

#include "secret/redactor.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::string_view handle_prefix = "secret:";
constexpr std::size_t largest_file = 1u << 20;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const noexcept { return number_; }

 private:
  int number_;
};

bool valid_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 100) return false;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') return false;
  }
  return true;
}

Error file_error(const std::filesystem::path& path, const char* doing) {
  return {ErrorCode::unavailable, "cannot " + std::string(doing) + " " + path.string() + ": " + std::strerror(errno)};
}

/// What tells one state of a file from another without reading it.
struct FileStamp {
  dev_t device = 0;
  ino_t number = 0;
  off_t size = 0;
  std::int64_t changed_seconds = 0, changed_nanos = 0;
  bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const struct stat& about) {
  return {about.st_dev, about.st_ino, about.st_size, about.st_ctim.tv_sec, about.st_ctim.tv_nsec};
}

/// The text of a small file, or nothing where it does not exist. `must_be_private`: nobody else may read it.
Result<std::optional<std::string>> read_private_file(const std::filesystem::path& path, bool must_be_private,
                                                     FileStamp* stamp = nullptr) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return file_error(path, "read");
  }
  struct stat about = {};
  if (::fstat(file.number(), &about) != 0) return file_error(path, "read");
  if (stamp != nullptr) *stamp = stamp_of(about);
  if (!S_ISREG(about.st_mode)) return Error{ErrorCode::invalid, path.string() + " is not a file"};
  if (must_be_private && (about.st_mode & 077) != 0) {
    return Error{ErrorCode::denied,
                 path.string() + " holds secrets and can be read by others: run \"chmod 600 " + path.string() + "\""};
  }
  std::string text;
  char part[4096];
  for (;;) {
    const ssize_t got = ::read(file.number(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(path, "read");
    if (got == 0) break;
    text.append(part, static_cast<std::size_t>(got));
    if (text.size() > largest_file) return Error{ErrorCode::invalid, path.string() + " is too large to hold secrets"};
  }
  ::explicit_bzero(part, sizeof part);
  return std::optional<std::string>(std::move(text));
}

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

class LayeredSecrets final : public Secrets {
 public:
  explicit LayeredSecrets(const std::filesystem::path& project) : file_(project / "state" / "secrets.json") {}

  Result<Secret> find(std::string_view handle) override {
    if (!is_secret_handle(handle) || !valid_name(handle.substr(handle_prefix.size()))) {
      return Error{ErrorCode::invalid, "\"" + std::string(handle) +
                                           "\" is not the handle of a secret: write secret:name, " +
                                           "with letters, digits, \"_\" and \"-\" in the name"};
    }
    const std::string name(handle.substr(handle_prefix.size()));
    const std::string variable = secret_variable(handle);
    std::optional<std::string> value;
    if (const char* set = std::getenv(variable.c_str())) value = set;
    if (!value) value = TRY(from_credentials(name));
    if (!value) value = TRY(from_file(name));
    if (!value) return missing(handle, name);
    std::string text = without_line_end(std::move(*value));
    if (text.empty()) return Error{ErrorCode::invalid, "the secret \"" + name + "\" is empty: give it a value"};
    redactor_.add(handle, text);
    return Secret(std::move(text));
  }

  void redact_in_place(std::string& text) const override { redactor_.redact(text); }

 private:
  static Result<std::optional<std::string>> from_credentials(const std::string& name) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (!folder || *folder == '\0') return std::optional<std::string>();
    return read_private_file(std::filesystem::path(folder) / name, false);  // systemd guards the folder
  }

  /// Every request of a run asks, so the file is read again only when it has changed.
  Result<std::optional<std::string>> from_file(const std::string& name) {
    struct stat about = {};
    const bool there = ::stat(file_.c_str(), &about) == 0;
    if (!there || !read_ || !(*read_ == stamp_of(about))) TRY(read_file());
    const auto found = known_.find(name);
    return found == known_.end() ? std::nullopt : std::optional<std::string>(found->second.reveal());
  }

  Status read_file() {
    known_.clear();
    read_.reset();
    FileStamp stamp;
    const std::optional<std::string> text = TRY(read_private_file(file_, true, &stamp));
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
    }
    read_ = stamp;
    return Done{};
  }

  Error missing(std::string_view handle, const std::string& name) const {
    std::string searched = "the environment";
    if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY")) searched += ", " + std::string(folder);
    searched += " and " + file_.string();
    return {ErrorCode::not_found, "no secret \"" + name + "\" (looked in " + searched + "): set it with " +
                                      secret_variable(handle) + " or in state/secrets.json"};
  }

  std::filesystem::path file_;
  std::optional<FileStamp> read_;  // when `known_` was read
  std::map<std::string, Secret, std::less<>> known_;
  Redactor redactor_;
};

}  // namespace

Secret::~Secret() {
  text_.resize(text_.capacity());  // within the capacity, so nothing is allocated
  ::explicit_bzero(text_.data(), text_.size());
}

bool is_secret_handle(std::string_view text) noexcept { return text.substr(0, handle_prefix.size()) == handle_prefix; }

std::string secret_variable(std::string_view handle) {
  if (is_secret_handle(handle)) handle.remove_prefix(handle_prefix.size());
  std::string variable = "MILLRACE_SECRET_";
  for (const char c : handle)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

std::unique_ptr<Secrets> open_secrets(const std::filesystem::path& project) {
  return std::make_unique<LayeredSecrets>(project);
}

}  // namespace millrace
