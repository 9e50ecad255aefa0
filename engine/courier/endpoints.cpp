#include "courier/endpoints.hpp"

#include <algorithm>
#include <functional>
#include <string>

namespace millrace {

namespace {

constexpr int least_misses = 3;
constexpr auto trouble_for = std::chrono::seconds(5);  // a far side that goes down may answer some until then
constexpr std::size_t most_kept = 1000;
constexpr std::size_t longest_word = 20;

/// Names of operations are words: what holds a digit, or is longer than words are, is the id of a thing.
bool is_id(std::string_view part) {
  return part.size() > longest_word || part.find_first_of("0123456789@") != std::string_view::npos;
}

}  // namespace

EndpointId endpoint_of(std::string_view method, std::string_view url) {
  std::string named(method);
  named.reserve(method.size() + url.size() + 1);
  std::string_view rest = url.substr(0, url.find_first_of("?#"));
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = rest.find('/');
    const std::string_view part = rest.substr(0, end);
    named += '/';
    named += is_id(part) ? "*" : part;
    if (end != std::string_view::npos) rest.remove_prefix(end + 1);
  }
  return std::hash<std::string>()(named);
}

void Endpoints::got_through(EndpointId endpoint, Time sent) {
  got_through_ = std::max(got_through_, sent);
  missing_.erase(endpoint);
}

void Endpoints::missed(EndpointId endpoint, Time now) {
  if (missing_.size() >= most_kept && missing_.count(endpoint) == 0) missing_.clear();
  Misses& misses = missing_[endpoint];
  if (misses.in_a_row++ == 0) misses.first = now;
}

int Endpoints::misses(EndpointId endpoint) const {
  const auto found = missing_.find(endpoint);
  return found == missing_.end() ? 0 : found->second.in_a_row;
}

bool Endpoints::fails_alone(EndpointId endpoint) const {
  const auto found = missing_.find(endpoint);
  return found != missing_.end() && found->second.in_a_row >= least_misses &&
         got_through_ >= found->second.first + trouble_for;
}

}  // namespace millrace
