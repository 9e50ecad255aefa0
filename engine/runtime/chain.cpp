#include <utility>

#include "base/text.hpp"
#include "runtime/engine.hpp"

namespace millrace {

namespace {

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

}  // namespace millrace
