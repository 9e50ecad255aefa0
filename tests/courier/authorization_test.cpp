#include <doctest/doctest.h>

#include "courier/authorization.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"

namespace millrace {

namespace {

OAuthClient client() {
  OAuthClient client;
  client.connection = "shop";
  client.id = "app 1";
  client.authorize_url = "https://shop.example/authorize?kind=app";
  client.redirect_uri = "http://127.0.0.1:8711/connected";
  return client;
}

std::string said(const Result<std::string>& code) {
  return code ? *code : std::string(name_of(code.error().code)) + ": " + code.error().message;
}

}  // namespace

TEST_CASE("a browser is sent to the page with all that it wants to know, and a state that nobody can guess") {
  const auto begun = begin_authorization(client(), {"tags.read", "tags.write"});
  const auto another = begin_authorization(client(), {"tags.read"});
  REQUIRE(begun);
  REQUIRE(another);
  CHECK(begun->state != another->state);
  CHECK(begun->state.size() == 43);
  CHECK(begun->verifier != begun->state);
  std::string challenge = encode_base64(sha256(begun->verifier));
  for (char& c : challenge) c = c == '+' ? '-' : c == '/' ? '_' : c;
  challenge.pop_back();
  CHECK(
      begun->url ==
      "https://shop.example/authorize?kind=app&response_type=code&client_id=app%201&redirect_uri=http%3A%2F%2F127.0.0."
      "1%3A8711%2Fconnected&scope=tags.read%20tags.write&state=" +
          begun->state + "&code_challenge=" + challenge + "&code_challenge_method=S256");
  OAuthClient plain = client();
  plain.pkce = false;
  const auto without = begin_authorization(plain, {"tags.read"});
  REQUIRE(without);
  CHECK(without->verifier.empty());
  CHECK(without->url.find("code_challenge") == std::string::npos);
}

TEST_CASE("only the answer to what was asked is taken from a browser") {
  const Authorization begun{"", "s-1", ""};
  CHECK(said(code_in_redirect(begun, "code=c%2F1&state=s-1")) == "c/1");
  const std::string other = "denied: its state is not the one that was sent along: it answers another question";
  for (const char* query :
       {"code=c", "code=c&state=", "code=c&state=s-2", "code=c&state=s-10", "", "state=s-2&error=x"})
    CHECK(said(code_in_redirect(begun, query)) == other);
  CHECK(said(code_in_redirect(begun, "state=s-1")) == "invalid: there is no code in it");
  CHECK(said(code_in_redirect(begun, "error=access_denied&state=s-1&error_description=not%20today")) ==
        "denied: the far side was not let in (access_denied: not today)");
}

TEST_CASE("a person pastes the address or the code in it") {
  const Authorization begun{"", "s-1", ""};
  CHECK(said(code_in_pasted(begun, " c-1 \n")) == "c-1");
  CHECK(said(code_in_pasted(begun, "http://127.0.0.1:8711/connected?code=c-1&state=s-1#top")) == "c-1");
  CHECK(said(code_in_pasted(begun, "https://app.example/back?code=c-1")) == "c-1");
  CHECK(said(code_in_pasted(begun, "?code=c-1&state=s-1")) == "c-1");
  CHECK(said(code_in_pasted(begun, "https://app.example/back?code=c-1&state=s-2")).starts_with("denied: "));
  CHECK(said(code_in_pasted(begun, "c%2F1%3D")) == "c/1=");  // as it stands in an address
  CHECK(said(code_in_pasted(begun, "c+1==")) == "c+1==");
  CHECK(said(code_in_pasted(begun, "100%")) == "100%");
  CHECK(said(code_in_pasted(begun, "code=c%2F1&state=s-1")) == "c/1");
  CHECK(said(code_in_pasted(begun, "state=s-1&code=c-1#top")) == "c-1");
  CHECK(said(code_in_pasted(begun, "code=c-1&state=s-2")).starts_with("denied: "));
  CHECK(said(code_in_pasted(begun, "error=access_denied&state=s-1")).starts_with("denied: the far side"));
  for (const char* text : {"", "  ", "two words", "https://app.example/back", "https://app.example/back?x=1"})
    CHECK(said(code_in_pasted(begun, text)).starts_with("invalid: "));
}

}  // namespace millrace
