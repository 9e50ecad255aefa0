#include "trigger/delivery_facts.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
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

// What the words of a name say: of "X-Auth-Token" they are x, auth and token. Shorter ones first.
constexpr std::array<std::string_view, 26> proofs = {
    "sig",        "key",        "jwt",         "otp",           "auth",          "sign",      "hmac",
    "cert",       "token",      "nonce",       "tokens",        "secret",        "passwd",    "apikey",
    "cookie",     "digest",     "session",     "password",      "signature",     "assertion", "sessionid",
    "signatures", "credential", "credentials", "authorization", "authentication"};
constexpr auto shorter = [](std::string_view one, std::string_view other) { return one.size() < other.size(); };
static_assert(std::is_sorted(proofs.begin(), proofs.end(), shorter));
constexpr std::size_t longest_proof = proofs.back().size();
/// How many of them are shorter than so many letters: between two such numbers stand those of one length.
constexpr auto shorter_proofs = [] {
  std::array<std::uint8_t, longest_proof + 2> counts = {};
  for (std::size_t length = 0; length < counts.size(); ++length) {
    while (counts[length] < proofs.size() && proofs[counts[length]].size() < length) ++counts[length];
  }
  return counts;
}();
// A key that tells one delivery from another proves nothing.
constexpr std::array<std::string_view, 2> harmless = {"idempotency-key", "x-idempotency-key"};

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_capital(char c) noexcept { return c >= 'A' && c <= 'Z'; }

/// Whether two texts are the same but for capitals; `word` has none.
bool is_word(std::string_view text, std::string_view word) noexcept {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char one, char other) { return (is_capital(one) ? one | 0x20 : one) == other; });
}

bool is_proof(std::string_view word) noexcept {
  if (word.size() > longest_proof) return false;
  const auto first = proofs.begin() + shorter_proofs[word.size()];
  const auto last = proofs.begin() + shorter_proofs[word.size() + 1];
  return std::any_of(first, last, [word](std::string_view proof) { return is_word(word, proof); });
}

bool is_harmless(std::string_view name) noexcept {
  return std::any_of(harmless.begin(), harmless.end(), [name](std::string_view each) { return is_word(name, each); });
}

using Kept = bool (*)(std::string_view name);

class Facts {
 public:
  Facts(const IncomingRequest& request, const Verifier& verifier, const Secrets& secrets)
      : request_(request), verifier_(verifier), secrets_(secrets), query_(decode_query(request.query)) {
    std::string all;  // whether there is anything to redact is asked once, not for each of many short texts
    for (const auto& [name, value] : request.headers) all.append(value) += '\n';
    for (const auto& [name, value] : query_) (all.append(name) += '\n').append(value) += '\n';
    holds_secret_ = secrets.redact(all) != all;
  }

  Value made(const std::string& hook_path, Kept kept_in_query) {
    static const Value headers_name = "headers", query_name = "query", method_name = "method", path_name = "path";
    Map facts;
    facts.reserve(4);
    facts.set(headers_name, headers());
    facts.set(query_name, query(kept_in_query));
    facts.set(method_name, request_.method);
    facts.set(path_name, std::string(hooks_prefix) + hook_path);
    return Value(std::move(facts));
  }

 private:
  /// Text of a sender is UTF-8 and free of secrets before it is kept.
  std::string clean(std::string text) const {
    text = in_utf8(std::move(text));
    if (holds_secret_) secrets_.redact_in_place(text);
    return text;
  }

  Value headers() const {
    Map headers;
    headers.reserve(static_cast<std::size_t>(std::distance(request_.headers.begin(), request_.headers.end())));
    NamedValues repeated;
    for (const auto& [written, value] : request_.headers) {
      if (names_a_proof(written)) continue;
      std::string name = lower(written);
      if (name == verifier_.keyed.header || name == verifier_.header) continue;
      if (headers.find(std::string_view(name)) != nullptr) {
        repeated.add(std::move(name), value);
      } else {
        headers.set(std::move(name), clean(value));
      }
    }
    for (const auto& [name, values] : repeated.all()) {
      std::string joined = headers.find(std::string_view(name))->text();
      for (const Value& value : values) joined += ", " + value.text();
      headers.set(name, clean(std::move(joined)));
    }
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
  bool proof = false;
  std::size_t began = 0;  // the word that is read
  for (std::size_t at = 0; at <= name.size() && !proof; ++at) {
    const bool ends =
        at == name.size() || !is_letter(name[at]) || (is_capital(name[at]) && at > 0 && !is_capital(name[at - 1]));
    if (!ends) continue;
    proof = is_proof(name.substr(began, at - began));
    began = at < name.size() && is_letter(name[at]) ? at : at + 1;
  }
  return proof && !is_harmless(name);
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
