#include "request_log.hpp"

#include "base/text.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace::sandbox {
namespace {

constexpr std::size_t most_entries = 50'000;

Value headers_value(const HttpHeaders& headers) {
  Map map;
  for (const auto& [name, value] : headers) {
    const std::string key = lower(name);
    if (key != "authorization") map.set(key, value);
  }
  return map;
}

Value query_value(std::string_view query) {
  Map map;
  for (auto& [name, value] : decode_query(query)) map.set(std::move(name), std::move(value));
  return map;
}

/// A form, without what opens doors.
Value form_value(std::string_view body) {
  Map map;
  for (auto& [name, value] : decode_query(body)) {
    if (name != "client_secret" && name != "refresh_token" && name != "code")
      map.set(std::move(name), std::move(value));
  }
  return map;
}

Value body_value(const LoggedRequest& entry) {
  const std::string& body = entry.body;
  if (body.empty()) return nullptr;
  const std::string* type = entry.headers.find("Content-Type");
  if (type && lower(*type).starts_with("application/x-www-form-urlencoded")) return form_value(body);
  Result<Value> parsed = parse_json(body);
  if (parsed) return *parsed;
  return valid_utf8(body) ? Value(body) : Value::bytes(body);
}

Value entry_value(const LoggedRequest& entry) {
  return Value::object({{"time", entry.time},
                        {"method", entry.method},
                        {"path", entry.path},
                        {"query", query_value(entry.query)},
                        {"headers", headers_value(entry.headers)},
                        {"body", body_value(entry)},
                        {"status", entry.status ? Value(*entry.status) : Value()}});
}

}  // namespace

std::shared_ptr<LoggedRequest> RequestLog::add(const IncomingRequest& request) {
  auto entry = std::make_shared<LoggedRequest>(LoggedRequest{.time = now_utc(),
                                                             .method = request.method,
                                                             .path = request.path,
                                                             .query = request.query,
                                                             .headers = request.headers,
                                                             .body = request.body,
                                                             .status = {}});
  entries_.push_back(entry);
  if (entries_.size() > most_entries) entries_.pop_front();
  return entry;
}

Value RequestLog::as_value() const {
  Value::List requests;
  requests.reserve(entries_.size());
  for (const auto& entry : entries_) requests.push_back(entry_value(*entry));
  return Value::object({{"requests", std::move(requests)}});
}

}  // namespace millrace::sandbox
