#include "people/sessions.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "crypto/compare.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "journal/engine_states.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t id_letters = 12, most_codes = 100;
constexpr Duration write_interval = std::chrono::minutes(10);
constexpr std::string_view about_console = "console";

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Value encode_session(const SessionHead& session) {
  return Value::object({{"who", session.who},
                        {"roles", list_of(session.roles.names())},
                        {"begun", render(session.begun)},
                        {"seen", render(session.seen)},
                        {"key", session.key_hash}});
}

std::optional<SessionHead> decode_session(std::string_view hash, const Value& stored) {
  const auto begun = parse_timestamp(stored.text_or("begun")), seen = parse_timestamp(stored.text_or("seen"));
  const auto known = roles_named(texts_of(stored.find("roles")));
  if (!begun || !seen || !known || hash.size() < id_letters) return std::nullopt;
  return SessionHead{
      std::string(hash.substr(0, id_letters)), stored.text_or("who"), *known, *begun, *seen, stored.text_or("key")};
}

Error no_such_code() {
  return {ErrorCode::denied,
          "this code does not let in any more: each does so once, and for a minute (millrace open "
          "gives another)"};
}

}  // namespace

Task<Status> Sessions::load() {
  const auto stored = co_await journal_.list_states(engine_owner, session_prefix);
  if (!stored) co_return stored.error();
  std::vector<Kept> over;
  for (const auto& [name, value] : *stored) {
    const std::string hash = name.substr(session_prefix.size());
    auto head = decode_session(hash, value);
    if (!head || is_over(*head)) {
      over.push_back({head.value_or(SessionHead{}), hash, {}});
    } else {
      const std::string id = head->id;
      const Timestamp seen = head->seen;
      sessions_.insert_or_assign(id, Kept{std::move(*head), hash, seen});
    }
  }
  loaded_ = true;
  const auto removed = co_await remove(std::move(over), "");
  co_return removed;
}

Result<OneTimeCode> Sessions::give_code(std::string who, Roles roles, Duration valid) {
  std::erase_if(codes_, [](const auto& each) { return each.second.until.reached(); });
  if (codes_.size() >= most_codes)
    return Error{ErrorCode::limited, "too many codes wait to be used; each is over in a minute"};
  const std::string code = TRY(unguessable_text());
  const Timestamp expires = TRY(add(clock_.now(), valid));
  codes_.insert_or_assign(fingerprint(code), Code{std::move(who), roles, Deadline::in(valid)});
  return OneTimeCode{code, expires};
}

Task<Result<BegunSession>> Sessions::enter(std::string code) {
  const auto found = codes_.find(fingerprint(code));
  if (found == codes_.end()) co_return no_such_code();
  const Code used = std::exchange(found->second, {});
  codes_.erase(found);
  if (used.until.reached()) co_return no_such_code();
  auto begun = co_await begin(used.who, used.roles);
  co_return begun;
}

Task<Result<BegunSession>> Sessions::begin(std::string who, Roles roles) {
  const auto secret = unguessable_text(), key = unguessable_text();
  if (!secret) co_return secret.error();
  if (!key) co_return key.error();
  const std::string hash = fingerprint(*secret);
  const Timestamp now = clock_.now();
  SessionHead head{hash.substr(0, id_letters), std::move(who), roles, now, now, fingerprint(*key)};
  Entry entry;
  entry.states.push_back({engine_owner, session_prefix + hash, encode_session(head)});
  entry.audit.push_back({now, head.who, "enter", std::string(about_console), "session " + head.id});
  const auto written = co_await journal_.commit(std::move(entry));
  if (!written) co_return written.error();
  sessions_.insert_or_assign(head.id, Kept{head, hash, now});
  co_return BegunSession{head, *secret, *key};
}

bool Sessions::is_over(const SessionHead& session) const {
  const Timestamp now = clock_.now();
  return seconds_between(session.seen, now) > seconds_of(idle_end) ||
         seconds_between(session.begun, now) > seconds_of(session_end);
}

std::optional<SessionHead> Sessions::find(std::string_view secret) const {
  const std::string hash = fingerprint(secret);
  const auto found = sessions_.find(hash.substr(0, id_letters));
  if (found == sessions_.end() || !same_bytes(found->second.hash, hash) || is_over(found->second.head))
    return std::nullopt;
  return found->second.head;
}

bool Sessions::is_in(const std::string& id) const {
  const auto found = sessions_.find(id);
  return found != sessions_.end() && !is_over(found->second.head);
}

bool Sessions::is_key(const SessionHead& session, std::string_view key) {
  return !session.key_hash.empty() && same_bytes(fingerprint(key), session.key_hash);
}

Task<void> Sessions::note_use(std::string id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) co_return;
  Kept& kept = found->second;
  kept.head.seen = std::max(kept.head.seen, clock_.now());
  if (seconds_between(kept.written, kept.head.seen) < seconds_of(write_interval)) co_return;
  kept.written = kept.head.seen;
  Entry entry;
  entry.states.push_back({engine_owner, session_prefix + kept.hash, encode_session(kept.head)});
  (void)co_await journal_.commit(std::move(entry));  // what is lost of it is ten minutes of thirty days
}

std::vector<SessionHead> Sessions::list() const {
  std::vector<SessionHead> heads;
  for (const auto& [id, kept] : sessions_) {
    if (!is_over(kept.head)) heads.push_back(kept.head);
  }
  std::stable_sort(heads.begin(), heads.end(),
                   [](const auto& left, const auto& right) { return left.seen > right.seen; });
  return heads;
}

Task<Status> Sessions::end(std::string id, std::string who) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) co_return Error{ErrorCode::not_found, "there is no session " + id};
  std::vector<Kept> ended = {found->second};
  const auto removed = co_await remove(std::move(ended), std::move(who));
  co_return removed;
}

Task<Status> Sessions::end_all_of(std::string person, std::string who) {
  std::vector<Kept> ended;
  for (const auto& [id, kept] : sessions_) {
    if (kept.head.who == person) ended.push_back(kept);
  }
  const auto removed = co_await remove(std::move(ended), std::move(who));
  co_return removed;
}

/// `who` empty: they ended by themselves, some time ago, and nobody is told.
Task<Status> Sessions::remove(std::vector<Kept> ended, std::string who) {
  if (ended.empty()) co_return Done{};
  Entry entry;
  for (const Kept& kept : ended) {
    // Nobody comes in by it from this moment, whatever the disk says.
    sessions_.erase(kept.head.id);
    entry.states.push_back({engine_owner, session_prefix + kept.hash, Value()});
    if (!who.empty())
      entry.audit.push_back({clock_.now(), who, "leave", std::string(about_console),
                             "session " + kept.head.id + (kept.head.who == who ? "" : " of " + kept.head.who)});
  }
  const auto written = co_await journal_.commit(std::move(entry));
  co_return written ? Status(Done{}) : Status(written.error());
}

}  // namespace millrace
