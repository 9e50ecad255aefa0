#include "courier/authorization.hpp"

#include <utility>

#include "base/percent.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "crypto/base64.hpp"
#include "crypto/compare.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "http/http_message.hpp"

namespace millrace {

namespace {

struct BroughtBack {
  std::string code, state, error, description;
};

BroughtBack answer_in(std::string_view query) {
  BroughtBack answer;
  for (auto& [name, value] : decode_query(query)) {
    if (name == "code") answer.code = std::move(value);
    if (name == "state") answer.state = std::move(value);
    if (name == "error") answer.error = std::move(value);
    if (name == "error_description") answer.description = std::move(value);
  }
  return answer;
}

Result<std::string> judged(BroughtBack answer) {
  if (!answer.error.empty()) {
    const std::string more = answer.description.empty() ? "" : ": " + shortened(answer.description, 200);
    return Error{ErrorCode::denied, "the far side was not let in (" + shortened(answer.error, 60) + more + ")"};
  }
  if (answer.code.empty()) return Error{ErrorCode::invalid, "there is no code in it"};
  return std::move(answer.code);
}

}  // namespace

Result<Authorization> begin_authorization(const OAuthClient& client, const std::vector<std::string>& scopes) {
  Authorization begun;
  begun.state = TRY(unguessable_text());
  std::vector<std::pair<std::string, std::string>> query = {{"response_type", "code"},
                                                            {"client_id", client.id},
                                                            {"redirect_uri", client.redirect_uri},
                                                            {"scope", join(scopes, " ")},
                                                            {"state", begun.state}};
  if (client.pkce) {
    begun.verifier = TRY(unguessable_text());
    query.emplace_back("code_challenge", encode_base64_url(sha256(begun.verifier)));
    query.emplace_back("code_challenge_method", "S256");
  }
  const bool goes_on = client.authorize_url.find('?') != std::string::npos;
  begun.url = client.authorize_url + (goes_on ? "&" : "?") + encode_query(query);
  return begun;
}

Result<std::string> code_in_redirect(const Authorization& begun, std::string_view query) {
  BroughtBack answer = answer_in(query);
  if (!same_secret(answer.state, begun.state))
    return Error{ErrorCode::denied, "its state is not the one that was sent along: it answers another question"};
  return judged(std::move(answer));
}

Result<std::string> code_in_pasted(const Authorization& begun, std::string_view text) {
  const std::string_view pasted = trim(text);
  const std::size_t query = pasted.find('?');
  if (!is_absolute_url(pasted) && query == std::string_view::npos) {
    if (pasted.empty() || pasted.find(' ') != std::string_view::npos)
      return Error{ErrorCode::invalid, "that is neither a code nor an address"};
    const BroughtBack named = answer_in(pasted);
    if (named.code.empty() && named.error.empty()) return percent_decode(pasted).value_or(std::string(pasted));
  } else if (query == std::string_view::npos) {
    return Error{ErrorCode::invalid, "there is no code in that address"};
  }
  std::string_view behind = query == std::string_view::npos ? pasted : pasted.substr(query + 1);
  behind = behind.substr(0, behind.find('#'));
  if (!answer_in(behind).state.empty()) return code_in_redirect(begun, behind);
  return judged(answer_in(behind));
}

}  // namespace millrace
