#pragma once

#include <chrono>
#include <filesystem>
#include <functional>

#include "async/loop.hpp"
#include "courier/kept_tokens.hpp"
#include "courier/token_endpoint.hpp"

namespace millrace {

/// What renewing tokens works with. REQUIRES: all of it outlives the renewals.
struct RenewalWorld {
  Loop& loop;
  std::filesystem::path folder;  ///< the project's
  KeptTokens& kept;
  TokenEndpoint& endpoint;
  std::function<Task<bool>(Duration)> pause = sleep_for;
  bool asks_anyway = false;  ///< a person wants it, also after a refusal for good
};

/// Exchanges a connection's refresh token for new tokens, so that none is ever lost by us: one process at a time does
/// it, under a lock that the kernel releases however its holder ends; who finds another version than `seen` takes that;
/// and what came is on the disk before anybody uses it. An answer that is lost is asked for twice more with the
/// same refresh token, which is all there is: some servers give the same answer again within moments. What is refused
/// for good is written down (Tokens::problem), so that nobody asks again in vain; a person may, as what was taken for a
/// refusal may have come from what stands before the far side.
///
/// Gives what is there now. Errors as of TokenEndpoint::refresh.
Task<Result<KeptTokens::Entry>> renew_tokens(RenewalWorld world, OAuthClient client, std::uint64_t seen);

}  // namespace millrace
