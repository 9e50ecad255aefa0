#include <algorithm>
#include <cstring>

#include "base/text.hpp"
#include "http/body_text.hpp"
#include "http/transfer.hpp"

namespace millrace {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t longest_length = 40;  // bytes of what should be a number

/// How long a request may take, in the round figure that somebody wrote into a file.
std::string render_limit(milliseconds limit) {
  const milliseconds step(limit >= milliseconds(1000) ? 100 : 1);
  return render(Duration((limit + step / 2) / step * step));
}

std::string render_bytes(std::size_t bytes) {
  constexpr std::size_t mebi = 1u << 20;
  return bytes % mebi == 0 ? std::to_string(bytes / mebi) + " MiB" : counted(bytes, "byte");
}

/// The system's own words, as they stand inside a sentence.
std::string system_reason(long number) {
  std::string reason = std::strerror(static_cast<int>(number));
  return lower(reason.substr(0, 1)) + reason.substr(1);
}

}  // namespace

Result<IncomingResponse> Transfer::outcome() {
  if (code_ != CURLE_OK) return error();
  long status = 0;
  libcurl().easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  // libcurl takes a head that breaks off between two lines for a whole one, and an interim answer for the last.
  if (!headers_ended_) return closed(ErrorCode::unsure, "in the middle of its answer");
  if (status < 200) return closed(ErrorCode::unsure, "without an answer");
  if (unpacker_ && !unpacker_->whole()) return Error{ErrorCode::unsure, "the answer of " + place_ + " breaks off"};
  if (unpacker_) {  // what they say is not true of the body any more
    response_.headers.remove("Content-Encoding");
    response_.headers.remove("Content-Length");
  }
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

Error Transfer::closed(ErrorCode code, const std::string& when) const {
  return Error{code, place_ + " closed the connection " + when};
}

Error Transfer::error_of_connecting() const {
  if (!refused_.empty()) return Error{ErrorCode::denied, refused_};
  long number = 0;
  libcurl().easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &number);
  const std::string reason = number == 0 ? "" : " (" + system_reason(number) + ')';
  return Error{ErrorCode::unavailable, "could not connect to " + place_ + reason};
}

Error Transfer::error_of_time() const {
  const bool limited = time_limit_.count() > 0;
  if (may_have_left_)
    return Error{ErrorCode::timeout, "no answer from " + place_ + " within " + render_limit(time_limit_)};
  const milliseconds waited = limited ? std::min(time_limit_, connect_timeout) : connect_timeout;
  return Error{ErrorCode::unavailable, "could not connect to " + place_ + " within " + render_limit(waited)};
}

Error Transfer::error() const {
  const ErrorCode lost = may_have_left_ ? ErrorCode::unsure : ErrorCode::unavailable;
  if (too_large_) {
    if (header_bytes_ > max_header_bytes)
      return Error{ErrorCode::invalid, "the answer of " + place_ + " has too many headers"};
    const std::string limit = render_bytes(request_.max_response_bytes);
    return Error{ErrorCode::invalid, "the answer of " + place_ + " is larger than " + limit};
  }
  if (broken_coding_) {
    const std::string codings = join(content_codings(response_.headers), ", ");
    return Error{ErrorCode::invalid, "the answer of " + place_ + " is not packed as it says (" + codings + ")"};
  }
  if (broken_length_) {
    const std::string length = shortened(in_utf8(*response_.headers.find("Content-Length")), longest_length);
    return Error{lost, "the answer of " + place_ + " does not say where it ends (Content-Length: " + length + ")"};
  }
  if (would_repeat_) return closed(lost, "without an answer");
  if (!refused_.empty() && !may_have_left_) return Error{ErrorCode::denied, refused_};
  const std::string detail = detail_[0] != '\0' ? detail_.data() : libcurl().easy_strerror(code_);
  // Only these causes have words of their own; whatever else libcurl reports is quoted.
  switch (static_cast<int>(code_)) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error{ErrorCode::unavailable, "could not find the address of " + host_};
    case CURLE_COULDNT_CONNECT:
      return error_of_connecting();
    case CURLE_OPERATION_TIMEDOUT:
      return error_of_time();
    case CURLE_GOT_NOTHING:
      return closed(lost, "without an answer");
    case CURLE_PARTIAL_FILE:
      return closed(lost, "in the middle of its answer");
    case CURLE_SEND_ERROR:
      return closed(lost, "while the request was being sent");
    case CURLE_RECV_ERROR:
      return closed(lost, header_bytes_ == 0 ? "without an answer" : "in the middle of its answer");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return Error{lost, place_ + " did not answer in HTTP"};
    case CURLE_SSL_CONNECT_ERROR:
      return Error{lost, "could not set up TLS with " + place_ + " (" + detail + ')'};
    case CURLE_SSL_CACERT_BADFILE:
      return Error{ErrorCode::denied, "the file of certificates to trust (" + request_.ca_file + ") holds none"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return Error{ErrorCode::denied, "the certificate of " + place_ + " is not trusted (" + detail + ')'};
    default:
      return Error{lost, "the request to " + place_ + " failed (" + detail + ')'};
  }
}

}  // namespace millrace
