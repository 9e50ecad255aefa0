#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "http/http_server.hpp"

namespace millrace {

/// What the connection says about an answer, beside what the handler said.
struct ResponseFraming {
  std::string_view date;        ///< as `render_http_date` gives it
  std::string_view connection;  ///< "close", "keep-alive", or empty: no such header
  bool chunked = true;          ///< where the body is made while it is sent: in chunks; else until the connection ends
};

/// Everything before the body. Line breaks in header values become spaces; names that are none, and the headers that
/// this room sets itself, are left out.
std::string encode_head(const OutgoingResponse& response, ResponseFraming framing);

/// Whether an answer of this status has a body at all: 204 and 304 have none.
bool carries_body(int status) noexcept;

/// A part of a body whose length is not known before: its size in hex, and the part. An empty one is the last.
std::string encode_chunk(std::string_view part);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string render_http_date(std::time_t time);

}  // namespace millrace
