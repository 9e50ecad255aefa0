#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "runtime/engine.hpp"

namespace millrace {

namespace {

constexpr std::int64_t rounds_a_link = 40;

constexpr std::ptrdiff_t shown_at_first = 4, shown_at_last = 26;

/// "a > b > a"; of a long way its beginning and its end.
std::string way_of(std::vector<std::string> chain) {
  if (std::ssize(chain) > shown_at_first + shown_at_last + 1) {
    const auto left_out = chain.begin() + shown_at_first;
    *left_out = "...";
    chain.erase(left_out + 1, chain.end() - shown_at_last);
  }
  return join(chain, " > ");
}

std::optional<Error> count_round(std::int64_t& rounds, std::int64_t longest, const char* did, const char* done) {
  const std::int64_t most = longest * rounds_a_link;
  if (++rounds <= most) return std::nullopt;
  return Error{ErrorCode::invalid, std::string("workflows of this run have ") + did + " in a circle " +
                                       std::to_string(most) + " times, and are not " + done +
                                       " any more; give the circle an end, or allow more with "
                                       "\"limits: {chain: N}\" in millrace.yaml (" +
                                       std::to_string(rounds_a_link) + " rounds for each of N)"};
}

}  // namespace

std::optional<Error> chain_ends(const std::vector<std::string>& chain, const std::string& next, std::int64_t longest) {
  if (std::ssize(chain) < longest) return std::nullopt;
  std::vector<std::string> way = chain;
  way.push_back(next);
  return Error{ErrorCode::invalid,
               "runs that start one another end after " + std::to_string(longest) + ", and this one came by the way " +
                   way_of(std::move(way)) +
                   "; where that is no circle, allow more with \"limits: {chain: N}\" in millrace.yaml"};
}

CircleCount::CircleCount(std::size_t led_here, const CircleCount* before)
    : led_here_(led_here), rounds_(before != nullptr ? before->rounds_ : std::make_shared<std::int64_t>(0)) {}

std::optional<Error> CircleCount::count_call(const CallOrder& order, std::int64_t longest) {
  if (order.made_before) return std::nullopt;
  const auto callers = order.chain.begin() + std::min(std::ssize(order.chain), static_cast<std::ptrdiff_t>(led_here_));
  if (std::find(callers, order.chain.end(), order.workflow) == order.chain.end()) return std::nullopt;
  return count_round(*rounds_, longest, "called one another", "called");
}

std::optional<Error> CircleCount::count_follower(const std::vector<std::string>& chain, const std::string& next,
                                                 std::int64_t longest) {
  if (std::find(chain.begin(), chain.end(), next) == chain.end()) return std::nullopt;
  return count_round(*rounds_, longest, "started one another", "started");
}

}  // namespace millrace
