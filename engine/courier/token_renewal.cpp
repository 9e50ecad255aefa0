#include "courier/token_renewal.hpp"

#include <array>
#include <utility>

#include "base/file_lock.hpp"
#include "base/private_files.hpp"

namespace millrace {

namespace {

constexpr std::array<Duration, 2> before_asking_again = {std::chrono::milliseconds(500), std::chrono::seconds(3)};
constexpr int most_writes = 60;  // one a second, where the disk does not take what must not be lost

/// The right to renew the tokens of one connection, held by one process at a time.
class Turn {
 public:
  static Task<Result<Turn>> take(Loop& loop, std::filesystem::path folder, std::string connection) {
    std::function<Result<FileLock>()> job = [state = folder / "state", connection]() -> Result<FileLock> {
      TRY(make_private_folder(state.string()));
      FileLock lock = TRY(FileLock::open(state / (entry_of(connection) + ".lock")));
      lock.lock();
      return lock;
    };
    auto lock = co_await on_worker<Result<FileLock>>(loop, std::move(job));
    if (!lock) co_return lock.error();
    co_return Turn(std::move(*lock));
  }

 private:
  explicit Turn(FileLock lock) : lock_(std::move(lock)) {}
  FileLock lock_;
};

/// Asks once, and again only where the answer was lost.
Task<Result<Tokens>> fetched(RenewalWorld& world, OAuthClient client, Tokens tokens) {
  auto fresh = co_await world.endpoint.refresh(client, tokens);
  std::string lost;
  for (const Duration wait : before_asking_again) {
    if (fresh || fresh.error().code != ErrorCode::unsure) break;
    lost = fresh.error().message;
    const bool undisturbed = co_await world.pause(wait);
    if (!undisturbed) break;
    fresh = co_await world.endpoint.refresh(client, tokens);
  }
  if (!fresh && !lost.empty() && fresh.error().code == ErrorCode::unconnected) {
    co_return Error{ErrorCode::unconnected, "the answer to an earlier request for new tokens was lost (" + lost +
                                                "), and now " + fresh.error().message};
  }
  co_return fresh;
}

/// Puts them in the place of those that they were got for, whose locations may have come by a token meanwhile. Where
/// somebody has agreed anew, what came of that stays.
Status put_in_place(RenewalWorld& world, const std::string& connection, const Tokens& fresh, const Tokens& before) {
  return world.kept.change(connection, [&](Tokens& tokens) {
    if (tokens.agreement != before.agreement || tokens.refresh.reveal() != before.refresh.reveal()) return;
    auto locations = std::move(tokens.locations);
    tokens = fresh;
    tokens.locations = std::move(locations);
  });
}

/// The new refresh token is in memory only, and the old one is used up: a disk that is full for a while is waited for.
Task<Status> written(RenewalWorld& world, std::string connection, Tokens fresh, Tokens before) {
  Status put = put_in_place(world, connection, fresh, before);
  for (int attempt = 1; attempt < most_writes && !put; ++attempt) {
    const bool undisturbed = co_await world.pause(std::chrono::seconds(1));
    if (!undisturbed) break;
    put = put_in_place(world, connection, fresh, before);
  }
  co_return put;
}

}  // namespace

Task<Result<KeptTokens::Entry>> renew_tokens(RenewalWorld world, OAuthClient client, std::uint64_t seen) {
  const std::string connection = client.connection;
  auto turn = co_await Turn::take(world.loop, world.folder, connection);
  if (!turn) co_return turn.error();
  auto kept = world.kept.find(connection);
  if (!kept) co_return kept.error();
  if (!*kept) co_return not_connected(connection);
  KeptTokens::Entry entry = std::move(**kept);
  if (entry.version != seen) co_return entry;
  if (!client.holder.may_show_those_of(entry.tokens.holder))
    co_return Error{ErrorCode::denied, connected_elsewhere(connection, entry.tokens.holder).message};
  if (!entry.tokens.problem.empty() && !world.asks_anyway)
    co_return Error{ErrorCode::unconnected, entry.tokens.problem};
  // Nothing to be written down: whether the access token is over can be seen from it, and is for the far side to say.
  if (entry.tokens.refresh.reveal().empty()) co_return Error{ErrorCode::unconnected, no_refresh_token};
  auto fresh = co_await fetched(world, client, entry.tokens);
  if (!fresh && fresh.error().code == ErrorCode::unconnected) {
    entry.tokens.problem = fresh.error().message;
    (void)world.kept.put(connection, entry.tokens,
                         seen);  // where it fails, the next one asks in vain, and says the same
    co_return fresh.error();
  }
  if (!fresh) co_return fresh.error();
  const Status put = co_await written(world, connection, std::move(*fresh), std::move(entry.tokens));
  if (!put) co_return put.error();
  auto now = world.kept.find(connection);
  if (!now) co_return now.error();
  if (!*now) co_return not_connected(connection);
  co_return std::move(**now);
}

}  // namespace millrace
