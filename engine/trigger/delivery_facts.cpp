#include "trigger/delivery_facts.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "http/body_text.hpp"
#include "schema/embedded.hpp"
#include "schema/schema.hpp"
#include "trigger/named_values.hpp"
#include "value/json.hpp"
#include "workflow/hook_path.hpp"

namespace millrace {

namespace {

/// What says "proof" wherever it stands in the letters of a name: "access_token", "accessToken", "X-AccessToken". In
/// their order: each name of each delivery is held against them.
constexpr std::array<std::string_view, 19> telling = {
    "apikey", "assertion",  "authentication", "authorization", "bearer",  "certificate", "clientcert",
    "cookie", "credential", "hmac",           "passcode",      "passkey", "passphrase",  "passw",
    "secret", "sessid",     "session",        "signature",     "token"};
static_assert(std::is_sorted(telling.begin(), telling.end()));
/// How many of them begin with a letter before the nth of the alphabet.
constexpr auto telling_before = [] {
  std::array<std::size_t, 27> counts = {};
  for (std::size_t letter = 0; letter < counts.size(); ++letter) {
    for (const std::string_view each : telling) counts[letter] += each[0] < static_cast<char>('a' + letter) ? 1 : 0;
  }
  return counts;
}();
/// What says so as a word alone, for it stands in other words, too: "author", "design", "concert".
constexpr std::array<std::string_view, 20> telling_words = {"sig",    "sign", "jwt",   "jws",  "otp",  "totp", "auth",
                                                            "cert",   "oidc", "oauth", "pass", "pwd",  "pw",   "nonce",
                                                            "digest", "sas",  "mac",   "csrf", "xsrf", "saml"};
/// What says so at the end of a word, too: "accesskey", "xauth", "hubsig".
constexpr std::array<std::string_view, 4> telling_ends = {"key", "auth", "sig", "sign"};
/// Words that end so and say nothing of the kind.
constexpr std::array<std::string_view, 9> other_words = {"monkey", "turkey", "donkey", "hockey", "whiskey",
                                                         "design", "assign", "resign", "consign"};
/// A key proves who sends, but for one that tells things apart. The word before it says which.
constexpr std::array<std::string_view, 14> things_with_keys = {
    "event",    "idempotency", "message", "delivery", "dedupe", "partition", "routing",
    "ordering", "sort",        "cache",   "object",   "record", "issue",     "surrogate"};
/// Proofs whose words do not say so; the last three are those of Flutterwave, Plaid and Trello.
constexpr std::array<std::string_view, 5> silent = {"dpop", "samlresponse", "verifhash", "plaidverification",
                                                    "xtrellowebhook"};

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_capital(char c) noexcept { return c >= 'A' && c <= 'Z'; }

template <std::size_t count>
bool has(const std::array<std::string_view, count>& list, std::string_view word) noexcept {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Whether letters, small ones, begin with what tells.
bool begins_telling(std::string_view letters) noexcept {
  const auto letter = static_cast<std::size_t>(letters[0] - 'a');
  return std::any_of(telling.begin() + telling_before[letter], telling.begin() + telling_before[letter + 1],
                     [letters](std::string_view each) { return letters.starts_with(each); });
}

bool holds_telling(std::string_view letters) noexcept {
  for (; !letters.empty(); letters.remove_prefix(1)) {
    if (begins_telling(letters)) return true;
  }
  return false;
}

std::string_view singular(std::string_view word) noexcept {
  return word.ends_with('s') && word != "pass" ? word.substr(0, word.size() - 1) : word;
}

bool is_proof(std::string_view word, std::string_view before) noexcept {
  const std::string_view one = singular(word);
  if (has(telling_words, word) || has(telling_words, one)) return true;
  const auto end = std::find_if(telling_ends.begin(), telling_ends.end(),
                                [one](std::string_view each) { return one.ends_with(each); });
  if (end == telling_ends.end() || has(other_words, one)) return false;
  const std::string_view of = one.substr(0, one.size() - end->size());
  return !has(things_with_keys, of.empty() ? before : of);
}

/// A bare code lets somebody in (OAuth, Azure's functions); with a word before it, it is any code. Of "code[]" the
/// signs behind it say nothing.
bool proves_in_query(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    const bool says = is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (says) letters += c;
  }
  const std::string small = lower(letters);
  return names_a_proof(name) || small == "code" || small == "codes";
}

/// Headers in which proxies and browsers repeat an address; what is asked for there may be a proof.
constexpr std::array<std::string_view, 9> with_addresses = {
    "referer",       "x-original-url",  "x-original-uri",  "x-original-path", "x-envoy-original-path",
    "x-rewrite-url", "x-forwarded-uri", "x-forwarded-url", "x-request-uri"};

std::string_view without_query(const std::string& name, std::string_view value) {
  return has(with_addresses, name) ? value.substr(0, value.find_first_of("?#")) : value;
}

using Kept = bool (*)(std::string_view name);

class Facts {
 public:
  Facts(const IncomingRequest& request, const Verifier& verifier) : request_(request), verifier_(verifier) {}

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
  Value headers() const {
    Map headers;
    headers.reserve(static_cast<std::size_t>(std::distance(request_.headers.begin(), request_.headers.end())));
    NamedValues repeated;
    for (const auto& [written, whole_value] : request_.headers) {
      if (names_a_proof(written)) continue;
      std::string name = lower(written);
      if (name == verifier_.keyed.header || name == verifier_.header) continue;
      std::string value(without_query(name, whole_value));
      if (headers.find(std::string_view(name)) != nullptr) {
        repeated.add(std::move(name), std::move(value));
      } else {
        headers.set(std::move(name), in_utf8(std::move(value)));
      }
    }
    for (const auto& [name, values] : repeated.all()) {
      std::string joined = headers.find(std::string_view(name))->text();
      for (const Value& value : values) joined += ", " + value.text();
      headers.set(name, in_utf8(std::move(joined)));
    }
    return Value(std::move(headers));
  }

  Value query(Kept kept) const {
    NamedValues query;
    for (auto& [name, value] : decode_query(request_.query)) {
      if (kept(name)) query.add(in_utf8(std::move(name)), in_utf8(std::move(value)));
    }
    return query.take();
  }

  const IncomingRequest& request_;
  const Verifier& verifier_;
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
      if (!proves_in_query(name.text())) query.set(name, value);
    }
  }
  return Value::object({{"headers", std::move(headers)},
                        {"query", std::move(query)},
                        {"method", said.text_or("method", "POST")},
                        {"path", said.text_or("path", std::string(hooks_prefix) + hook_path)}});
}

bool names_a_proof(std::string_view name) {
  std::string letters;
  letters.reserve(name.size());  // the words are parts of it
  std::string_view before;
  std::size_t began = 0;  // the word that is read
  for (std::size_t at = 0; at <= name.size(); ++at) {
    const bool ends =
        at == name.size() || !is_letter(name[at]) || (is_capital(name[at]) && at > 0 && !is_capital(name[at - 1]));
    if (!ends) continue;
    const std::size_t start = letters.size();
    for (const char c : name.substr(began, at - began)) letters += static_cast<char>(c | 0x20);
    const std::string_view word = std::string_view(letters).substr(start);
    if (is_proof(word, before)) return true;
    if (!word.empty()) before = word;
    began = at < name.size() && is_letter(name[at]) ? at : at + 1;
  }
  return has(silent, letters) || holds_telling(letters);
}

Value delivery_facts(const IncomingRequest& request, const std::string& hook_path, const Verifier& verifier) {
  return Facts(request, verifier).made(hook_path, [](std::string_view name) { return !proves_in_query(name); });
}

Value challenge_facts(const IncomingRequest& request, const std::string& hook_path, const Verifier& verifier) {
  return Facts(request, verifier).made(hook_path, [](std::string_view) { return true; });
}

}  // namespace millrace
