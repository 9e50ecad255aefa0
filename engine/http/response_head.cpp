#include "http/response_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace millrace {

namespace {

std::string_view reason_of(int status) noexcept {
  struct Reason {
    int status;
    std::string_view words;
  };
  constexpr std::array reasons = {
      Reason{200, "OK"},
      Reason{201, "Created"},
      Reason{202, "Accepted"},
      Reason{204, "No Content"},
      Reason{301, "Moved Permanently"},
      Reason{302, "Found"},
      Reason{303, "See Other"},
      Reason{304, "Not Modified"},
      Reason{307, "Temporary Redirect"},
      Reason{308, "Permanent Redirect"},
      Reason{400, "Bad Request"},
      Reason{401, "Unauthorized"},
      Reason{403, "Forbidden"},
      Reason{404, "Not Found"},
      Reason{405, "Method Not Allowed"},
      Reason{408, "Request Timeout"},
      Reason{409, "Conflict"},
      Reason{413, "Content Too Large"},
      Reason{415, "Unsupported Media Type"},
      Reason{422, "Unprocessable Content"},
      Reason{429, "Too Many Requests"},
      Reason{431, "Request Header Fields Too Large"},
      Reason{500, "Internal Server Error"},
      Reason{501, "Not Implemented"},
      Reason{502, "Bad Gateway"},
      Reason{503, "Service Unavailable"},
      Reason{504, "Gateway Timeout"},
  };
  const auto found = std::find_if(reasons.begin(), reasons.end(), [status](Reason r) { return r.status == status; });
  return found == reasons.end() ? "" : found->words;  // the standard allows an empty reason
}

bool is_own(std::string_view name) {
  constexpr std::array own = {"content-length", "transfer-encoding", "connection", "date"};
  return std::find(own.begin(), own.end(), lower(name)) != own.end();
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  const std::size_t begin = head.size();
  head.append(value);
  const auto breaks_line = [](char letter) { return letter == '\r' || letter == '\n' || letter == '\0'; };
  std::replace_if(head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(), breaks_line, ' ');
  head.append("\r\n");
}

}  // namespace

bool carries_body(int status) noexcept { return status != 204 && status != 304; }

std::string encode_head(const OutgoingResponse& response, ResponseFraming framing) {
  const int status = response.status >= 200 && response.status <= 999 ? response.status : 500;
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason_of(status)).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    if (name.empty() || name.find_first_of(" \t\r\n:") != std::string::npos || is_own(name)) continue;
    append_field(head, name, value);
  }
  append_field(head, "Date", framing.date);
  if (!framing.connection.empty()) append_field(head, "Connection", framing.connection);
  if (carries_body(status) && response.source == nullptr)
    append_field(head, "Content-Length", std::to_string(response.body.size()));
  if (carries_body(status) && response.source != nullptr && framing.chunked)
    append_field(head, "Transfer-Encoding", "chunked");
  head.append("\r\n");
  return head;
}

std::string encode_chunk(std::string_view part) {
  std::array<char, 16> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), part.size(), 16);
  std::string chunk(size.data(), end.ptr);
  chunk.reserve(chunk.size() + part.size() + 4);
  return chunk.append("\r\n").append(part).append("\r\n");
}

std::string render_http_date(std::time_t time) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts = {};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  // Not with the names of strftime, which follow the locale.
  const std::size_t size = std::strftime(text.data(), text.size(), "%d ??? %Y %H:%M:%S GMT", &parts);
  std::string date = std::string(days[static_cast<std::size_t>(parts.tm_wday)]) + ", " + std::string(text.data(), size);
  return date.replace(date.find("???"), 3, months[static_cast<std::size_t>(parts.tm_mon)]);
}

}  // namespace millrace
