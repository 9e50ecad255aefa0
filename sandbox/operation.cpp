#include "operation.hpp"

#include "base/text.hpp"
#include "http/http_message.hpp"

namespace millrace::sandbox {
namespace {

bool fits(const Operation& operation, const std::vector<std::string>& segments, Call& call) {
  const std::vector<std::string> pattern = split(operation.path, '/');
  if (pattern.size() != segments.size()) return false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const bool place = pattern[at].starts_with('{');
    if (place && segments[at].empty()) return false;
    if (pattern[at] == "{location}") {
      call.location = segments[at];
    } else if (pattern[at] == "{thing}") {
      call.thing = segments[at];
    } else if (pattern[at] != segments[at]) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> Call::asked(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

const Operation* find_operation(std::string_view method, std::string_view path, Call& call) {
  std::vector<std::string> segments;
  for (const std::string& segment : split(path, '/')) {
    std::optional<std::string> decoded = percent_decode(segment);
    if (!decoded) return nullptr;
    segments.push_back(std::move(*decoded));
  }
  for (const std::vector<Operation>* part : {&location_tag_operations(), &social_tag_operations()}) {
    for (const Operation& operation : *part) {
      if (operation.method == method && fits(operation, segments, call)) return &operation;
    }
  }
  return nullptr;
}

}  // namespace millrace::sandbox
