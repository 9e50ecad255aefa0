#include "operation.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "http/http_message.hpp"

namespace millrace::sandbox {
namespace {

struct Row {
  const Operation* operation;
  std::vector<std::string> pattern;
};

std::vector<Row> rows() {
  std::vector<Row> list;
  for (const Operation& operation : operations()) {
    list.push_back({.operation = &operation, .pattern = split(operation.path, '/')});
  }
  return list;
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(),
                    [](const std::string& wanted, const std::string& segment) {
                      return wanted.starts_with('{') ? !segment.empty() : wanted == segment;
                    });
}

}  // namespace

std::optional<std::string> Call::asked(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> list;
    for (const std::vector<Operation>* part :
         {&location_tag_operations(), &social_tag_operations(), &contact_operations(), &contact_search_operations(),
          &account_operations(), &post_operations(), &statistics_operations(), &page_operations(),
          &oauth_operations()}) {
      list.insert(list.end(), part->begin(), part->end());
    }
    return list;
  }();
  return all;
}

const Operation* find_operation(std::string_view method, std::string_view path, std::string_view version, Call& call) {
  static const std::vector<Row> all = rows();
  std::vector<std::string> segments;
  for (const std::string& segment : split(path, '/')) {
    std::optional<std::string> decoded = percent_decode(segment);
    if (!decoded) return nullptr;
    segments.push_back(std::move(*decoded));
  }
  const Row* found = nullptr;
  for (const Row& row : all) {
    if (row.operation->method != method || !fits(row.pattern, segments)) continue;
    if (!found || row.operation->version == version) found = &row;
  }
  if (!found) return nullptr;
  for (std::size_t at = 0; at < segments.size(); ++at) {
    if (found->pattern[at] == "{location}") call.location = segments[at];
    if (found->pattern[at] == "{thing}") call.thing = segments[at];
  }
  return found->operation;
}

std::size_t read_number(const std::optional<std::string>& text, std::string_view name, std::size_t otherwise,
                        std::vector<std::string>& problems) {
  if (!text) return otherwise;
  std::size_t number = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc() && stop == end) return number;
  problems.push_back(std::string(name) + ": must be a whole number, such as 10");
  return otherwise;
}

Answer planner_answer(int status, std::string_view message, Value results) {
  return {status, Value::object({{"success", true},
                                 {"statusCode", status},
                                 {"message", std::string(message)},
                                 {"results", std::move(results)}})};
}

}  // namespace millrace::sandbox
