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

/// Two paths that no request can tell apart.
std::string shape(std::string_view method, std::string_view path) {
  std::string text(method);
  for (const std::string& segment : split(path, '/')) text += segment.starts_with('{') ? "/{}" : "/" + segment;
  return text;
}

LocationIn location_in(const Published& row) {
  if (row.path.find("{location}") != std::string::npos) return LocationIn::path;
  if (row.path.find("{contact}") != std::string::npos) return LocationIn::contact;
  const Value *query = row.request.find("query"), *body = row.request.find("body");
  if (query != nullptr && query->find("locationId") != nullptr) return LocationIn::query;
  return body != nullptr && body->find("locationId") != nullptr ? LocationIn::body : LocationIn::nowhere;
}

BodyKind body_kind(const Published& row) {
  if (row.request.text_or("body_format") == "multipart") return BodyKind::parts;
  if (row.request.find("body") == nullptr && row.request.find("body_input") == nullptr) return BodyKind::none;
  return row.needed.empty() ? BodyKind::optional_json : BodyKind::json;
}

/// What is published and has no code of its own. A path that says more stands before one that leaves more open.
void add_published(std::vector<Operation>& list) {
  std::vector<std::string> there;
  for (const Operation& operation : list) there.push_back(shape(operation.method, operation.path));
  for (const Published& row : published_operations()) {
    if (std::find(there.begin(), there.end(), shape(row.method, row.path)) != there.end()) continue;
    list.push_back(
        {row.method, row.path, row.scope, body_kind(row), perform_published, location_in(row), version_2, &row});
  }
  std::stable_sort(list.begin(), list.end(), [](const Operation& one, const Operation& other) {
    return std::count(one.path.begin(), one.path.end(), '{') > std::count(other.path.begin(), other.path.end(), '{');
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
          &account_operations(), &post_operations(), &planner_write_operations(), &contact_write_operations(),
          &location_operations(), &statistics_operations(), &page_operations(), &oauth_operations()}) {
      list.insert(list.end(), part->begin(), part->end());
    }
    add_published(list);
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
    if (found->pattern[at] == "{contact}") call.contact = segments[at];
  }
  call.path = path;
  call.published = found->operation->published;
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
