#include "http/transfer.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/http_token.hpp"
#include "base/text.hpp"
#include "http/egress.hpp"

namespace millrace {

namespace {

using std::chrono::milliseconds;

Error failure(ErrorCode code, std::string message) { return Error{code, std::move(message)}; }

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (libcurl().url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, CurlFree> held(text);
  return held.get();
}

/// Whether the length is a number, and the same one where it stands there several times (RFC 9110, 8.6). What comes
/// in chunks, or until the connection closes, needs none.
bool says_its_length(const HttpHeaders& headers) {
  if (headers.find("Transfer-Encoding") != nullptr) return true;
  std::string length;
  for (const auto& [name, value] : headers) {
    if (lower(name) != "content-length") continue;
    for (const std::string& each : split(value, ',')) {
      const std::string_view digits = trim(each);
      const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
      if (!number || (!length.empty() && length != digits)) return false;
      length = digits;
    }
  }
  return true;
}

bool is_read(std::string_view method) noexcept { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

}  // namespace

Status Transfer::begin() {
  TRY(read_url());
  if (!is_http_token(request_.method))
    return failure(ErrorCode::invalid, "the request to " + place_ + " has no valid method");
  easy_ = multi_.take_handle();
  if (!easy_) return failure(ErrorCode::internal, "cannot send HTTP requests: out of memory");
  TRY(set_headers());
  TRY(set_time_limit());
  set_rules();
  set_method();
  if (misconfigured_) return failure(ErrorCode::internal, "this libcurl lacks an option that keeps requests safe");
  TRY(multi_.add(easy_.get(), *this));
  under_way_ = true;
  return Done{};
}

Status Transfer::read_url() {
  url_.reset(libcurl().url());
  const std::string shown = request_.url.substr(0, request_.url.find_first_of("?#"));  // queries may hold secrets
  const CURLUcode code = libcurl().url_set(url_.get(), CURLUPART_URL, request_.url.c_str(), CURLU_PATH_AS_IS);
  const std::string scheme = part_of(url_.get(), CURLUPART_SCHEME);
  if (code != CURLUE_OK || (scheme != "http" && scheme != "https")) {
    if (shown.find('@') != std::string::npos)
      return failure(ErrorCode::invalid, "this is not an http or https address");
    return failure(ErrorCode::invalid, '"' + shown + "\" is not an http or https address");
  }
  host_ = part_of(url_.get(), CURLUPART_HOST);
  const std::string port = part_of(url_.get(), CURLUPART_PORT);
  place_ = port.empty() ? host_ : host_ + ':' + port;
  const bool may_name_user = request_.url.find('@') != std::string::npos;
  if (may_name_user &&
      (!part_of(url_.get(), CURLUPART_USER).empty() || !part_of(url_.get(), CURLUPART_PASSWORD).empty())) {
    return failure(ErrorCode::invalid, "the address of " + place_ +
                                           " holds a user name or password: use a connection with a secret instead");
  }
  return Done{};
}

Status Transfer::set_headers() {
  // libcurl adds these by itself: the first would wait a second for a server's leave, the second claims a form.
  TRY(add_line("Expect:"));
  if (request_.headers.find("Content-Type") == nullptr) TRY(add_line("Content-Type:"));
  if (request_.headers.find("Accept-Encoding") == nullptr)
    TRY(add_line("Accept-Encoding: " + std::string(ContentDecoder::accepted)));
  for (const auto& [name, value] : request_.headers) {
    if (!is_http_token(name))
      return failure(ErrorCode::invalid, "a header of the request to " + place_ + " has no valid name");
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return failure(ErrorCode::invalid, "header \"" + name + "\" of the request to " + place_ + " holds a line break");
    }
    const std::string lowered = lower(name);
    if (lowered == "content-length" || lowered == "transfer-encoding" || lowered == "expect") {
      return failure(ErrorCode::invalid, "header \"" + name + "\" is set by Millrace itself: leave it out");
    }
    TRY(add_line(trim(value).empty() ? name + ';' : name + ": " + value));
  }
  return Done{};
}

Status Transfer::add_line(const std::string& header) {
  curl_slist* longer = libcurl().slist_append(header_list_.get(), header.c_str());
  if (longer == nullptr) return failure(ErrorCode::internal, "cannot send HTTP requests: out of memory");
  (void)header_list_.release();
  header_list_.reset(longer);
  return Done{};
}

Status Transfer::set_time_limit() {
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
  if (request_.deadline.at() == Deadline().at()) return Done{};
  time_limit_ = std::chrono::ceil<milliseconds>(request_.deadline.at() - std::chrono::steady_clock::now());
  if (time_limit_.count() <= 0) return failure(ErrorCode::unavailable, "no time was left to ask " + place_);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(time_limit_.count()));
  return Done{};
}

void Transfer::set_rules() {
  set(CURLOPT_CURLU, url_.get());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_PROXY, "");  // not even one that the environment names
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // calling off a request must not wait for a name server
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request_.ca_file.empty()) {
    set(CURLOPT_CAINFO, request_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(CURLOPT_HTTPHEADER, header_list_.get());
  set(CURLOPT_ERRORBUFFER, detail_.data());
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_PREREQFUNCTION, &about_to_send);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

void Transfer::set_method() {
  const std::string& method = request_.method;
  if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  if (!request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.data());
  }
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

bool Transfer::may_reach(const std::string& address) {
  auto refused = why_unreachable(request_, host_, address);
  if (!refused) return true;  // whatever was said of another address of the name
  refused_ = std::move(*refused);
  return false;
}

curl_socket_t Transfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(&address->addr, address->addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return CURL_SOCKET_BAD;
  }
  if (!static_cast<Transfer*>(self)->may_reach(text.data())) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Called when a connection stands, a kept one included: that one may have been opened by a request with more rights.
int Transfer::about_to_send(void* self, char* address, char*, int, int) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!transfer.may_reach(address)) return CURL_PREREQFUNC_ABORT;
  // A kept connection that closes before an answer makes libcurl send again. Whether the far side has acted is not
  // known, so only what merely reads is repeated.
  if (transfer.may_have_left_ && !is_read(transfer.request_.method)) {
    transfer.would_repeat_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.may_have_left_ = true;
  if (transfer.request_.may_have_left != nullptr) *transfer.request_.may_have_left = true;
  return CURL_PREREQFUNC_OK;
}

/// False where they do not say where the body ends: what such an answer holds is anybody's guess.
bool Transfer::end_headers() {
  headers_ended_ = true;
  broken_length_ = request_.method != "HEAD" && !says_its_length(response_.headers);
  return !broken_length_;
}

std::size_t Transfer::take_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes_ += size;
  if (transfer.header_bytes_ > max_header_bytes) {
    transfer.too_large_ = true;
    return 0;
  }
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {  // what came before belonged to an interim answer
    transfer.response_.headers = {};
    transfer.headers_ended_ = false;
    return size;
  }
  if ((line == "\r\n" || line == "\n") && !transfer.end_headers()) return 0;
  if (transfer.headers_ended_) return size;  // what trails a chunked body is no header
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    transfer.response_.headers.add(std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
  }
  return size;
}

std::size_t Transfer::take_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  std::string& body = transfer.response_.body;
  const std::size_t most = transfer.request_.max_response_bytes;
  if (!std::exchange(transfer.body_begun_, true)) transfer.begin_body();
  if (transfer.unpacker_) {
    const auto outcome = transfer.unpacker_->add({data, size}, body, most);
    transfer.too_large_ = outcome == ContentUnpacker::Outcome::too_large;
    transfer.broken_coding_ = outcome == ContentUnpacker::Outcome::broken;
    return outcome == ContentUnpacker::Outcome::good ? size : 0;
  }
  if (size > most - body.size()) {
    transfer.too_large_ = true;
    return 0;
  }
  body.append(data, size);
  return size;
}

void Transfer::begin_body() {
  unpacker_ = ContentUnpacker::of(content_codings(response_.headers));
  if (unpacker_) return;
  constexpr curl_off_t most = 1 << 20;  // what a far side merely announces must not cost memory
  curl_off_t announced = -1;
  libcurl().easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  if (announced > 0) response_.body.reserve(static_cast<std::size_t>(std::min(announced, most)));
}

void Transfer::finished(CURLcode code) {
  under_way_ = false;
  code_ = code;
  news_.announce();
}

}  // namespace millrace
