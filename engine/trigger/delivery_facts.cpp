#include "trigger/delivery_facts.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "http/body_text.hpp"
#include "schema/embedded.hpp"
#include "schema/schema.hpp"
#include "trigger/named_values.hpp"
#include "value/json.hpp"
#include "workflow/hook_path.hpp"

namespace millrace {

namespace {

// What the words of a name say: of "X-Auth-Token" they are x, auth and token.
constexpr std::array<std::string_view, 26> proofs = {
    "auth",   "authorization", "authentication", "token",       "tokens",  "signature", "signatures", "sig",
    "sign",   "hmac",          "secret",         "password",    "passwd",  "key",       "apikey",     "cookie",
    "jwt",    "assertion",     "credential",     "credentials", "session", "sessionid", "otp",        "nonce",
    "digest", "cert"};
// A key that tells one delivery from another proves nothing.
constexpr std::array<std::string_view, 2> harmless = {"idempotency-key", "x-idempotency-key"};

bool among(std::string_view word, const auto& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_capital(char c) noexcept { return c >= 'A' && c <= 'Z'; }

using Kept = bool (*)(std::string_view name);

class Facts {
 public:
  Facts(const IncomingRequest& request, const Verifier& verifier, const Secrets& secrets)
      : request_(request), verifier_(verifier), secrets_(secrets), query_(decode_query(request.query)) {
    std::string all;  // whether there is anything to redact is asked once, not for each of many short texts
    for (const auto& [name, value] : request.headers) all += value + "\n";
    for (const auto& [name, value] : query_) all += name + "\n" + value + "\n";
    holds_secret_ = secrets.redact(all) != all;
  }

  Value made(const std::string& hook_path, Kept kept_in_query) {
    return Value::object({{"headers", headers()},
                          {"query", query(kept_in_query)},
                          {"method", request_.method},
                          {"path", std::string(hooks_prefix) + hook_path}});
  }

 private:
  /// Text of a sender is UTF-8 and free of secrets before it is kept.
  std::string clean(std::string text) const {
    text = in_utf8(std::move(text));
    if (holds_secret_) secrets_.redact_in_place(text);
    return text;
  }

  Value headers() const {
    std::vector<std::pair<std::string, std::string>> joined;
    Map places;  // of each name in `joined`
    for (const auto& [written, value] : request_.headers) {
      std::string name = lower(written);
      if (names_a_proof(written) || name == verifier_.keyed.header || name == verifier_.header) continue;
      if (const Value* known = places.find(std::string_view(name))) {
        joined[static_cast<std::size_t>(known->integer())].second += ", " + value;
        continue;
      }
      places.set(name, static_cast<std::int64_t>(joined.size()));
      joined.emplace_back(std::move(name), value);
    }
    Map headers;
    for (auto& [name, value] : joined) headers.set(std::move(name), clean(std::move(value)));
    return Value(std::move(headers));
  }

  Value query(Kept kept) const {
    NamedValues query;
    for (const auto& [name, value] : query_) {
      if (kept(name)) query.add(clean(name), clean(value));
    }
    return query.take();
  }

  const IncomingRequest& request_;
  const Verifier& verifier_;
  const Secrets& secrets_;
  std::vector<std::pair<std::string, std::string>> query_;
  bool holds_secret_ = false;
};

}  // namespace

Result<Value> told_facts(const Value& said, const std::string& hook_path) {
  static const std::shared_ptr<const Schema> form =
      *Schema::parse(*parse_json(embedded_schema("delivery.schema.json")));
  for (const ShapeProblem& problem : form->check(said)) {
    const std::string place = problem.pointer.empty() ? "" : "at " + problem.pointer.substr(1) + ": ";
    const std::string known = problem.at_key ? " (a delivery has headers, query, method and path)" : "";
    return Error{ErrorCode::invalid, place + problem.message + known};
  }
  Map headers, query;
  if (const Value* given = said.find("headers")) {
    for (const auto& [name, value] : given->map()) {
      if (!names_a_proof(name.text())) headers.set(lower(name.text()), value);
    }
  }
  if (const Value* given = said.find("query")) {
    for (const auto& [name, value] : given->map()) {
      if (!names_a_proof(name.text())) query.set(name, value);
    }
  }
  return Value::object({{"headers", std::move(headers)},
                        {"query", std::move(query)},
                        {"method", said.text_or("method", "POST")},
                        {"path", said.text_or("path", std::string(hooks_prefix) + hook_path)}});
}

bool names_a_proof(std::string_view name) {
  if (among(lower(name), harmless)) return false;
  std::string word;
  char before = '\0';
  for (const char c : name) {
    const bool begins = !is_letter(c) || (is_capital(c) && !is_capital(before));
    if (begins && among(word, proofs)) return true;
    if (begins) word.clear();
    if (is_letter(c)) word += is_capital(c) ? static_cast<char>(c | 0x20) : c;
    before = c;
  }
  return among(word, proofs);
}

Value delivery_facts(const IncomingRequest& request, const std::string& hook_path, const Verifier& verifier,
                     const Secrets& secrets) {
  return Facts(request, verifier, secrets).made(hook_path, [](std::string_view name) { return !names_a_proof(name); });
}

Value challenge_facts(const IncomingRequest& request, const std::string& hook_path, const Verifier& verifier,
                      const Secrets& secrets) {
  return Facts(request, verifier, secrets).made(hook_path, [](std::string_view) { return true; });
}

}  // namespace millrace
