#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "secret/secret.hpp"
#include "secret/vault.hpp"

namespace millrace {

/// True for "secret:name".
bool is_secret_handle(std::string_view text) noexcept;

/// The environment variable of a handle: "secret:a_b" is looked up as MILLRACE_SECRET_A_B.
std::string secret_variable(std::string_view handle);

/// The variables that were taken out of the environment, "NAME=value" each: for another process of this program.
std::vector<std::string> secret_variables();

/// What a server gives beside what lies on this machine.
struct SuppliedSecrets {
  using Values = std::map<std::string, Secret, std::less<>>;
  std::string from;                   ///< who, for people
  std::optional<Values> values;       ///< by name, in place of those before; nothing: those before stay
  std::optional<Error> problem = {};  ///< why there are none, or none that are fresh
};

/// Where secrets come from. Loop thread only.
class Secrets {
 public:
  virtual ~Secrets() = default;
  /// The secret behind a handle "secret:name". `not_found` says where it was looked for and how to set it. `denied`:
  /// the vault keeps a connection's tokens under that name, which nobody else is given.
  virtual Result<Secret> find(std::string_view handle) = 0;
  /// During a rotation: the value before the one that `find` gives, which is still good. Nothing once the rotation has
  /// ended, and where the value does not come from the vault.
  virtual std::optional<Secret> previous(std::string_view) { return std::nullopt; }
  /// Takes what a server gives.
  virtual void supply(SuppliedSecrets) {}
  /// From now on the value is redacted, too: for what is no secret by itself, but part of one.
  virtual void keep_out(std::string_view, const Secret&) {}
  /// False: there is nothing to redact. Looks now and then whether somebody has set another secret.
  virtual bool knows_any() const { return true; }
  /// `text` with every value that is or was to be found here replaced by its handle: plain and in each form that
  /// `Redactor` knows. Values of less than six characters are replaced only where they stand as a word of their own,
  /// those of less than three not at all: the text would be beyond recognition.
  std::string redact(std::string_view text) const {
    std::string redacted(text);
    if (knows_any()) redact_in_place(redacted);
    return redacted;
  }
  /// The same without a copy, for what may be large, with what was known when `knows_any` or `redact` was asked last.
  virtual void redact_in_place(std::string& text) const = 0;
  /// Whether a handle stands in the text that `redact` may have put there.
  virtual bool finds_handle(std::string_view text) const { return text.find("secret:") != std::string_view::npos; }
};

/// The environment (MILLRACE_SECRET_NAME; such variables are taken out of it, at once and for good), systemd's
/// credentials folder, the vault, what a server supplies, then `project`/state/secrets.json (0600). What has changed is
/// read anew at the next `find`, so a secret can be changed under a running service, and before the next text is
/// redacted, a millisecond later at the most, so what came a moment ago is kept out of it, too. Every value that passes
/// through `vault` is redacted from then on, whoever asked for it. REQUIRES: `vault` outlives it.
std::unique_ptr<Secrets> open_secrets(const std::filesystem::path& project, Vault& vault);
/// The same with a vault of its own.
std::unique_ptr<Secrets> open_secrets(const std::filesystem::path& project);

}  // namespace millrace
