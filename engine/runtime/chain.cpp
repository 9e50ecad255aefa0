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

std::optional<Error> CircleCount::count(const CallOrder& order, std::int64_t longest) {
  const bool goes_round = std::find(order.chain.begin(), order.chain.end(), order.workflow) != order.chain.end();
  const std::int64_t most = longest * rounds_a_link;
  if (!goes_round || ++rounds_ <= most) return std::nullopt;
  return Error{ErrorCode::invalid, "workflows of this run have called one another in a circle " + std::to_string(most) +
                                       " times, and are not called any more; give the circle an end, or allow more "
                                       "with \"limits: {chain: N}\" in millrace.yaml (" +
                                       std::to_string(rounds_a_link) + " calls for each of N)"};
}

}  // namespace millrace
