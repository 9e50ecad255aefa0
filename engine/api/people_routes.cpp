#include <utility>

#include "api/routes.hpp"
#include "http/answers.hpp"
#include "people/tokens.hpp"
#include "people/users.hpp"
#include "value/list_of.hpp"

namespace millrace {

namespace {

/// The roles in a body: a list, or one.
Result<Roles> roles_in(const Asked& asked) { return roles_named(texts_of(asked.body.find("roles"))); }

Task<OutgoingResponse> list_users(std::shared_ptr<Api> api, Asked) {
  Value::List users;
  for (const UserHead& user : api->world.users.list())
    users.push_back(Value::object({{"name", user.name},
                                   {"roles", list_of(user.roles.names())},
                                   {"made", user.made},
                                   {"made_by", user.made_by},
                                   {"has_password", user.has_password}}));
  co_return json_answer(200, Value::object({{"users", Value(std::move(users))}}));
}

Task<OutgoingResponse> add_user(std::shared_ptr<Api> api, Asked asked) {
  const auto roles = roles_in(asked);
  if (!roles) co_return refusal(roles.error());
  std::string name = asked.body.text_or("name");
  const auto invitation = co_await api->world.users.add(std::move(name), *roles, asked.who);
  if (!invitation) co_return refusal(invitation.error());
  co_return json_answer(200, Value::object({{"address", invitation_address(api->world.url, *invitation)}}));
}

Task<OutgoingResponse> remove_user(std::shared_ptr<Api> api, Asked asked) {
  const std::string name = asked.places[0];
  const Status removed = co_await api->world.users.remove(name, asked.who);
  if (!removed) co_return refusal(removed.error());
  const Status out = co_await api->world.sessions.end_all_of(name, asked.who);
  co_return done_or_refusal(out);
}

Task<OutgoingResponse> list_tokens(std::shared_ptr<Api> api, Asked) {
  Value::List tokens;
  for (const TokenHead& token : api->world.tokens.list())
    tokens.push_back(Value::object({{"name", token.name},
                                    {"roles", list_of(token.roles.names())},
                                    {"made", token.made},
                                    {"made_by", token.made_by}}));
  co_return json_answer(200, Value::object({{"tokens", Value(std::move(tokens))}}));
}

Task<OutgoingResponse> add_token(std::shared_ptr<Api> api, Asked asked) {
  const auto roles = roles_in(asked);
  if (!roles) co_return refusal(roles.error());
  std::string name = asked.body.text_or("name");
  const auto token = co_await api->world.tokens.add(std::move(name), *roles, asked.who);
  co_return token ? json_answer(200, Value::object({{"token", *token}})) : refusal(token.error());
}

Task<OutgoingResponse> revoke_token(std::shared_ptr<Api> api, Asked asked) {
  const Status revoked = co_await api->world.tokens.revoke(asked.places[0], asked.who);
  co_return done_or_refusal(revoked);
}

/// Somebody is known now: he is in.
Task<OutgoingResponse> let_in_as(std::shared_ptr<Api> api, Result<UserHead> user) {
  if (!user) co_return refusal(user.error());
  const auto begun = co_await api->world.sessions.begin(user->name, user->roles);
  co_return begun ? session_answer(*api, *begun) : refusal(begun.error());
}

Task<OutgoingResponse> enter_by_password(std::shared_ptr<Api> api, Asked asked) {
  std::string name = asked.body.text_or("name"), password = asked.body.text_or("password");
  auto user = co_await api->world.users.check(std::move(name), std::move(password));
  OutgoingResponse answer = co_await let_in_as(std::move(api), std::move(user));
  co_return answer;
}

Task<OutgoingResponse> enter_by_invitation(std::shared_ptr<Api> api, Asked asked) {
  std::string invitation = asked.body.text_or("invitation"), password = asked.body.text_or("password");
  auto user = co_await api->world.users.accept(std::move(invitation), std::move(password));
  OutgoingResponse answer = co_await let_in_as(std::move(api), std::move(user));
  co_return answer;
}

constexpr Route people_table[] = {
    {"POST",
     "/enter/password",
     Access::enter,
     enter_by_password,
     {.does = "Lets a user in.",
      .body = "`name`, `password`",
      .answers = "`key`, `who`, `roles`",
      .refuses = "403 the name or the password is wrong; 429 five tries of a name within a minute"}},
    {"POST",
     "/enter/invitation",
     Access::enter,
     enter_by_invitation,
     {.does = "Sets the password of a user who was invited, and lets him in.",
      .body = "`invitation`, `password`",
      .answers = "`key`, `who`, `roles`",
      .refuses = "400 a password of less than 12 letters; 403 the invitation is over, was used, or never was one"}},
    {"GET",
     "/api/v1/users",
     Access::token,
     list_users,
     {.does = "Who may come in by name and password.",
      .answers = "`users` (each `name`, `roles`, `made`, `made_by`, `has_password`)"},
     Right::administer},
    {"POST",
     "/api/v1/users",
     Access::token,
     add_user,
     {.does = "Invites somebody: whoever has the link sets the password, within 7 days.",
      .body = "`name`, `roles`",
      .answers = "`address`",
      .refuses = "400 a name or a role that is none; 409 the name is taken"},
     Right::administer},
    {"DELETE",
     "/api/v1/users/{user}",
     Access::token,
     remove_user,
     {.does = "Removes a user, and sends him out.", .answers = "`done`", .refuses = "404 no such user"},
     Right::administer},
    {"GET",
     "/api/v1/tokens",
     Access::token,
     list_tokens,
     {.does = "The tokens of programs.", .answers = "`tokens` (each `name`, `roles`, `made`, `made_by`)"},
     Right::administer},
    {"POST",
     "/api/v1/tokens",
     Access::token,
     add_token,
     {.does = "Makes a token for a program, and tells it this once.",
      .body = "`name`, `roles`",
      .answers = "`token`",
      .refuses = "400 a name or a role that is none; 409 the name is taken"},
     Right::administer},
    {"DELETE",
     "/api/v1/tokens/{token}",
     Access::token,
     revoke_token,
     {.does = "Ends a token.", .answers = "`done`", .refuses = "404 no such token"},
     Right::administer},
};

}  // namespace

std::span<const Route> people_routes() { return people_table; }

}  // namespace millrace
