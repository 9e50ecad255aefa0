#include <filesystem>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "host/vault_server.hpp"

namespace millrace {

namespace {

/// "lasts 2h more"; of a root token nothing.
std::string how_long(const Value& document) {
  const Value* data = document.find("data");
  const Value* left = data != nullptr ? data->find("ttl") : nullptr;
  if (left == nullptr || !left->is(Kind::integer)) return "";
  if (left->integer() == 0) return ", and does not end";
  return ", and lasts " +
         std::string(left->integer() >= 7200 ? counted(static_cast<std::size_t>(left->integer() / 3600), "hour")
                                             : counted(static_cast<std::size_t>(left->integer() / 60), "minute")) +
         " more";
}

std::string version_in(const Value& document) {
  const std::string version = shortened(document.text_or("version"), 40);
  return version.empty() ? "" : ", version " + version;
}

}  // namespace

Result<std::string> VaultServer::certificates() const {
  if (settings().ca.empty()) return std::string();
  const std::filesystem::path file = project_.root / settings().ca;
  std::error_code failed;
  if (std::filesystem::is_regular_file(file, failed)) return file.string();
  return Error{ErrorCode::not_found, "hashicorp_vault: ca: there is no file " + file.string()};
}

/// What anybody may ask.
Task<VaultStep> VaultServer::look_at_seal() {
  const auto reply = co_await ask("GET", "sys/health?standbyok=true&perfstandbyok=true", Value(), std::nullopt);
  if (!reply) co_return VaultStep{"address", false, reply.error().message};
  if (reply->status == 503) co_return VaultStep{"unsealed", false, name() + " is sealed: somebody has to unseal it"};
  if (reply->status == 501)
    co_return VaultStep{"unsealed", false, name() + " is not initialized: \"vault operator init\" does it"};
  if (reply->status >= 200 && reply->status < 300)
    co_return VaultStep{"unsealed", true, name() + " answers, and is not sealed" + version_in(reply->document)};
  if (reply->status == 472 || reply->status == 473)
    co_return VaultStep{"unsealed", false, name() + " is a standby that answers no questions: name the active one"};
  co_return VaultStep{"address", false, refusal(*reply, "say how it is").message + ": is this a HashiCorp Vault?"};
}

/// A policy may keep a token from looking at itself, so that only the entry tells whether it is good.
Task<VaultStep> VaultServer::look_at_token(Secret token) {
  std::optional<Secret> shown = std::move(token);
  const auto reply = co_await ask("GET", "auth/token/lookup-self", Value(), std::move(shown));
  if (!reply) co_return VaultStep{"token", false, reply.error().message};
  if (reply->status == 200) co_return VaultStep{"token", true, "its token is taken" + how_long(reply->document)};
  if (reply->status == 403)
    co_return VaultStep{"token", true, "its token may not look at itself: the entry tells whether it is taken"};
  co_return VaultStep{"token", false, refusal(*reply, "look at itself").message};
}

Task<VaultStep> VaultServer::look_at_entry(Secret token) {
  std::optional<Secret> shown = std::move(token);
  std::string path = entry_path();
  const auto reply = co_await ask("GET", std::move(path), Value(), std::move(shown));
  if (!reply) co_return VaultStep{"entry", false, reply.error().message};
  if (reply->status != 200) co_return VaultStep{"entry", false, refusal(*reply, "read its entry").message};
  const Map* secrets = secrets_in(*reply);
  const std::string entry = "\"" + settings().path + "\" in the engine \"" + settings().mount + "\"";
  if (secrets == nullptr)
    co_return VaultStep{"entry", false,
                        "the entry " + entry + " is none of an engine of version " + std::to_string(settings().kv) +
                            ": say kv: " + (settings().kv == 2 ? "1" : "2")};
  co_return VaultStep{"entry", true, "the entry " + entry + " can be read: " + counted(secrets->size(), "secret")};
}

Task<std::vector<VaultStep>> VaultServer::walk() {
  std::vector<VaultStep> steps;
  if (!configured()) co_return steps;
  if (!settings().ca.empty()) {
    const auto file = certificates();
    steps.push_back({"certificates", static_cast<bool>(file),
                     file ? "its certificate has to come from " + *file : file.error().message});
    if (!file) co_return steps;
  }
  VaultStep seal = co_await look_at_seal();
  if (seal.name != "address") steps.push_back({"address", true, name() + " is there"});
  steps.push_back(std::move(seal));
  if (!steps.back().done) co_return steps;
  auto shown = co_await token();
  if (!shown) {
    steps.push_back({"token", false, shown.error().message});
    co_return steps;
  }
  Secret held = *shown;
  VaultStep of_token = co_await look_at_token(held);
  const bool known = of_token.done;
  steps.push_back(std::move(of_token));
  if (!known) co_return steps;
  VaultStep of_entry = co_await look_at_entry(held);
  steps.push_back(std::move(of_entry));
  co_return steps;
}

}  // namespace millrace
