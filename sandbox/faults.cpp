#include "faults.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <memory>

#include "checking.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::string_view fault_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "path": {"type": "string"},
    "method": {"type": "string"},
    "count": {"type": "integer", "minimum": 0},
    "delay_ms": {"type": "integer", "minimum": 0, "maximum": 600000},
    "status": {"type": "integer", "minimum": 200, "maximum": 599},
    "message": {"type": "string"},
    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
    "text": {"type": "string"},
    "drop": {"enum": [true, false, "before", "after"]},
    "truncate": {"anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 0}]}
  }
})";

/// '*' stands for any run of characters; everything else for itself.
bool like(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, star = std::string_view::npos, resume = 0, mark = 0;
  while (mark < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = mark;
    } else if (at < pattern.size() && pattern[at] == text[mark]) {
      ++at;
      ++mark;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      mark = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

Fault::Drop read_drop(const Value* value) {
  if (!value) return Fault::Drop::no;
  if (value->is_text()) return value->text() == "after" ? Fault::Drop::after : Fault::Drop::before;
  return value->is_true() ? Fault::Drop::before : Fault::Drop::no;
}

Fault read_fault(const Value& value) {
  Fault fault;
  fault.path = value.text_or("path", "*");
  for (const char letter : value.text_or("method")) {
    fault.method += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  fault.message = value.text_or("message");
  fault.drop = read_drop(value.find("drop"));
  if (const Value* count = value.find("count")) fault.count = whole_number(*count);
  if (const Value* delay = value.find("delay_ms")) fault.delay = std::chrono::milliseconds(whole_number(*delay));
  if (const Value* status = value.find("status")) fault.status = static_cast<int>(whole_number(*status));
  if (const Value* text = value.find("text")) fault.text = text->text();
  if (fault.text && !fault.status) fault.status = 200;
  if (const Value* headers = value.find("headers")) {
    for (const auto& [name, content] : headers->map()) fault.headers.emplace_back(name.text(), content.text());
  }
  if (const Value* truncate = value.find("truncate")) {
    if (!truncate->is(Kind::boolean)) fault.truncate = whole_number(*truncate);
    if (truncate->is_true()) fault.truncate = -1;
  }
  return fault;
}

/// The words by which the API's users tell the refusals apart, where there are such words.
std::string usual_message(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Invalid token: access token is invalid";
    case 403:
      return "The token does not have access to this location.";
    case 404:
      return "Not Found";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "status " + std::to_string(status);
  }
}

}  // namespace

bool Fault::fits(std::string_view for_method, std::string_view for_path) const {
  return (method.empty() || method == for_method) && (like(path, for_path) || like(path + "/*", for_path));
}

Result<std::vector<Fault>> read_faults(const Value& value) {
  static const std::shared_ptr<const Schema> schema = schema_of(fault_schema);
  const Value::List given = value.is_list() ? value.list() : Value::List{value};
  std::vector<Fault> faults;
  for (const Value& item : given) {
    const std::vector<std::string> problems = problems_of(*schema, item);
    if (!problems.empty()) return Error{ErrorCode::invalid, listed(problems)};
    faults.push_back(read_fault(item));
  }
  return faults;
}

OutgoingResponse answer_of(const Fault& fault) {
  const int status = fault.status.value_or(500);
  OutgoingResponse response =
      as_response(refusal(status, fault.message.empty() ? usual_message(status) : fault.message));
  if (fault.text) {
    response.headers.set("Content-Type", "text/html; charset=utf-8");
    response.body = *fault.text;
  }
  for (const auto& [name, value] : fault.headers) response.headers.set(name, value);
  return response;
}

void Faults::add(std::vector<Fault> faults) { std::move(faults.begin(), faults.end(), std::back_inserter(waiting_)); }

std::optional<Fault> Faults::take(std::string_view method, std::string_view path) {
  const auto found =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const Fault& fault) { return fault.fits(method, path); });
  if (found == waiting_.end()) return std::nullopt;
  Fault fault = *found;
  if (found->count > 0 && --found->count == 0) waiting_.erase(found);
  return fault;
}

}  // namespace millrace::sandbox
