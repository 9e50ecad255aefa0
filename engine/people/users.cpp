#include "people/users.hpp"

#include <functional>
#include <utility>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/compare.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "crypto/seal.hpp"
#include "journal/engine_states.hpp"
#include "people/tokens.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t shortest_password = 12, longest_password = 1024, most_tries = 5, most_names_tried = 1000;
constexpr Duration invited_for = std::chrono::hours(24 * 7), tries_last = std::chrono::minutes(1);

Error wrong_password() { return {ErrorCode::denied, "the name or the password is wrong"}; }
Error no_invitation() {
  return {ErrorCode::denied, "this invitation is over, was used, or never was one: ask for another"};
}

}  // namespace

StateChange Users::kept_user(const Kept& user) {
  return {engine_owner, user_prefix + user.head.name,
          Value::object({{"roles", list_of(user.head.roles.names())},
                         {"made", render(user.head.made)},
                         {"made_by", user.head.made_by},
                         {"salt", user.salt},
                         {"key", user.key},
                         {"invitation", user.invitation},
                         {"invited_until", render(user.invited_until)}})};
}

Task<Status> Users::load() {
  const auto stored = co_await journal_.list_states(engine_owner, user_prefix);
  if (!stored) co_return stored.error();
  for (const auto& [state, value] : *stored) {
    const auto roles = roles_named(texts_of(value.find("roles")));
    const auto made = parse_timestamp(value.text_or("made")), until = parse_timestamp(value.text_or("invited_until"));
    if (!roles || !made || !until) continue;
    const std::string name = state.substr(user_prefix.size()), key = value.text_or("key");
    Kept user{{name, *roles, *made, value.text_or("made_by"), !key.empty()},
              value.text_or("salt"),
              key,
              value.text_or("invitation"),
              *until};
    users_.insert_or_assign(name, std::move(user));
  }
  co_return Done{};
}

Task<Result<std::string>> Users::add(std::string name, Roles roles, std::string who) {
  const Status fits = check_name(name);
  if (!fits) co_return fits.error();
  if (users_.contains(name)) co_return Error{ErrorCode::conflict, "there is a user \"" + name + "\" already"};
  const auto invitation = unguessable_text();
  const auto until = millrace::add(clock_.now(), invited_for);
  if (!invitation) co_return invitation.error();
  if (!until) co_return until.error();
  const Kept user{{name, roles, clock_.now(), std::move(who), false}, "", "", fingerprint(*invitation), *until};
  Entry entry;
  entry.states.push_back(kept_user(user));
  entry.states.back().expected = Value();
  entry.audit.push_back({user.head.made, user.head.made_by, "user added", name, join(roles.names(), ", ")});
  const auto written = co_await journal_.commit(std::move(entry));
  if (!written) co_return written.error();
  users_.insert_or_assign(name, user);
  co_return invitation;
}

Task<Status> Users::remove(std::string name, std::string who) {
  if (users_.erase(name) == 0) co_return Error{ErrorCode::not_found, "there is no user \"" + name + "\""};
  Entry entry;
  entry.states.push_back({engine_owner, user_prefix + name, Value()});
  entry.audit.push_back({clock_.now(), std::move(who), "user removed", name, ""});
  const auto written = co_await journal_.commit(std::move(entry));
  co_return written ? Status(Done{}) : Status(written.error());
}

std::vector<UserHead> Users::list() const {
  std::vector<UserHead> heads;
  for (const auto& [name, user] : users_) heads.push_back(user.head);
  return heads;
}

/// It takes a tenth of a second and 64 MiB, so the loop does not do it.
Task<Result<std::string>> Users::key_of(std::string password, std::string salt) {
  std::function<Result<std::string>()> job = [&password, &salt] { return key_of_passphrase(password, salt, {}); };
  auto key = co_await on_worker(loop_, std::move(job));
  if (!key) co_return key.error();
  co_return hex(*key);
}

Task<Result<UserHead>> Users::accept(std::string invitation, std::string password) {
  if (length_in_characters(password) < shortest_password || password.size() > longest_password)
    co_return Error{ErrorCode::invalid, "a password has 12 letters at least, and no more than 1,024 bytes"};
  const std::string hash = fingerprint(invitation);
  std::string name;
  for (const auto& [each, user] : users_) {
    if (same_bytes(user.invitation, hash) && clock_.now() < user.invited_until) name = each;
  }
  if (name.empty()) co_return no_invitation();
  users_.at(name).invitation.clear();  // used, even where what follows fails
  const auto bytes = random_bytes(salt_bytes);
  if (!bytes) co_return bytes.error();
  const auto key = co_await key_of(std::move(password), *bytes);
  if (!key) co_return key.error();
  const auto found = users_.find(name);
  if (found == users_.end()) co_return no_invitation();
  Kept& user = found->second;
  user.salt = encode_base64(*bytes);
  user.key = *key;
  user.head.has_password = true;
  Entry entry;
  entry.states.push_back(kept_user(user));
  entry.audit.push_back({clock_.now(), name, "password set", name, ""});
  const UserHead head = user.head;
  const auto written = co_await journal_.commit(std::move(entry));
  if (!written) co_return written.error();
  co_return head;
}

bool Users::may_try(const std::string& name) {
  for (auto each = tries_.begin(); each != tries_.end();) {
    std::erase_if(each->second, [](const Deadline& forgotten) { return forgotten.reached(); });
    each = each->second.empty() ? tries_.erase(each) : std::next(each);
  }
  if (tries_.size() >= most_names_tried && !tries_.contains(name)) return false;
  auto& tries = tries_[name];
  if (tries.size() >= most_tries) return false;
  tries.push_back(Deadline::in(tries_last));
  return true;
}

Task<Result<UserHead>> Users::check(std::string name, std::string password) {
  if (name.size() > longest_password || password.size() > longest_password) co_return wrong_password();
  if (!may_try(name)) co_return Error{ErrorCode::limited, "too many tries: wait a minute"};
  const auto found = users_.find(name);
  const bool known = found != users_.end() && !found->second.key.empty();
  const std::string expected = known ? found->second.key : std::string(2 * seal_key_bytes, '0');
  const std::string salt = known ? decode_base64(found->second.salt).value_or("") : std::string(salt_bytes, 's');
  const auto key = co_await key_of(std::move(password), salt);
  if (!key) co_return key.error();
  const bool right = same_bytes(*key, expected);
  const auto still = users_.find(name);
  if (!known || !right || still == users_.end()) co_return wrong_password();
  co_return still->second.head;
}

}  // namespace millrace
