#pragma once

#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/result.hpp"
#include "http/http_client.hpp"
#include "secret/secrets.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// One step on the way to the secrets of a HashiCorp Vault.
struct VaultStep {
  std::string name;  ///< certificates | address | unsealed | token | entry
  bool done = false;
  std::string say;  ///< how it is; where it is not done, with its cure
};

/// Brings the secrets of a HashiCorp Vault to `secrets`, which hold them in memory and nowhere else: one read of one
/// entry gives all. Loop thread only. REQUIRES: all outlive it.
class VaultServer {
 public:
  VaultServer(const Project& project, HttpClient& client, Secrets& secrets)
      : project_(project), client_(client), secrets_(secrets) {}

  bool configured() const noexcept { return project_.vault_server.has_value(); }
  /// Reads the entry now, and lets the token live longer. What the server refuses is not known any more; where it does
  /// not answer, or is sealed, what was read before stays. The error is a sentence with its cure.
  Task<Status> fetch();
  /// Walks to the entry, one step after the other, to the first that is not done. Nothing is kept of what it holds.
  Task<std::vector<VaultStep>> walk();
  /// How long what was read last is good, or when to ask again after a failure.
  Duration until_next() const noexcept { return next_; }
  /// Why there is nothing, or nothing fresh, since the last time; empty where all is well.
  const std::string& problem() const noexcept { return problem_; }

 private:
  /// What the server says to one request: the document, or why not.
  struct Reply {
    int status = 0;  ///< 0: none
    Value document;
    std::string errors;  ///< its own words
  };

  Task<Result<Reply>> ask(std::string method, std::string path, Value body, std::optional<Secret> token);
  Task<VaultStep> look_at_seal();
  Task<VaultStep> look_at_token(Secret token);
  Task<VaultStep> look_at_entry(Secret token);
  /// The file of certificates that it is trusted by; empty where it is the system's.
  Result<std::string> certificates() const;
  Task<Result<Secret>> token();
  Task<Result<Secret>> log_in();
  Task<void> renew(Secret token);
  Task<Status> read(Secret token);
  Status take(const Reply& reply);
  /// The secrets of an entry, by name; nullptr where the answer is none of an engine of that version.
  const Map* secrets_in(const Reply& reply) const;
  /// `values` in place of those before; nothing: those before stay.
  Status fail(Error problem, std::optional<SuppliedSecrets::Values> values = std::nullopt);
  Error refusal(const Reply& reply, const std::string& doing) const;
  std::string entry_path() const { return settings().mount + (settings().kv == 2 ? "/data/" : "/") + settings().path; }
  const VaultServerSettings& settings() const { return *project_.vault_server; }
  std::string name() const { return "HashiCorp Vault at " + settings().address; }

  const Project& project_;
  HttpClient& client_;
  Secrets& secrets_;
  std::optional<Secret> logged_in_;                     // the token that an AppRole was given
  Deadline renew_at_ = Deadline::in(Duration::zero());  // the token, or log in anew
  bool renewable_ = true;
  Duration next_ = Duration::zero();
  int failures_ = 0;
  std::string problem_;
};

}  // namespace millrace
