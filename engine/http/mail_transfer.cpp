#include "http/mail_transfer.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/egress.hpp"

namespace millrace {

namespace {

constexpr std::chrono::milliseconds mail_connect_timeout{30'000};
constexpr long leave_seconds = 3;  // how long a server may take to say goodbye
constexpr std::size_t longest_words = 300;

/// What the server's words may be in a message: one line.
std::string one_line(std::string_view text) { return shortened(printable(trim(text)), longest_words); }

}  // namespace

Status MailTransfer::check() {
  const Url url = TRY(parse_mail_server(mail_.url));
  host_ = url.host;
  place_ = url.place();
  if (mail_.recipients.empty()) return Error{ErrorCode::invalid, "the mail has no recipient"};
  for (const std::string& address : mail_.recipients) {
    if (address.find_first_of(std::string_view("\r\n\0<> ", 6)) != std::string::npos)
      return Error{ErrorCode::invalid, "a recipient's address holds what cannot be sent"};
  }
  return Done{};
}

void MailTransfer::set_rules() {
  const bool must = must_be_encrypted();
  set(CURLOPT_URL, mail_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_USE_SSL, static_cast<long>(must ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  // Where it may go without, a certificate that nobody vouches for is no worse than none.
  set(CURLOPT_SSL_VERIFYPEER, must ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, must ? 2L : 0L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(mail_connect_timeout.count()));
  if (mail_.deadline.at() != Deadline().at()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(mail_.deadline.at() - std::chrono::steady_clock::now());
    set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(left.count())));
  }
  set(CURLOPT_ERRORBUFFER, detail_.data());
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &go_on);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
  // libcurl tells which answer belongs to which recipient nowhere else.
  set(CURLOPT_VERBOSE, 1L);
  set(CURLOPT_DEBUGFUNCTION, &listen);
  set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
}

void MailTransfer::set_mail() {
  if (!mail_.user.empty()) {
    set(CURLOPT_USERNAME, mail_.user.c_str());
    set(CURLOPT_PASSWORD, mail_.password.c_str());
  }
  set(CURLOPT_MAIL_FROM, ("<" + mail_.from + ">").c_str());
  for (const std::string& address : mail_.recipients) {
    curl_slist* longer = libcurl().slist_append(recipients_.get(), ("<" + address + ">").c_str());
    if (longer == nullptr) {
      misconfigured_ = true;
      return;
    }
    (void)recipients_.release();
    recipients_.reset(longer);
  }
  set(CURLOPT_MAIL_RCPT, recipients_.get());
  set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);  // the others get it all the same
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &give);
  set(CURLOPT_READDATA, static_cast<void*>(this));
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail_.message.size()));
}

void MailTransfer::perform() {
  easy_.reset(libcurl().easy_init());
  if (!easy_) {
    misconfigured_ = true;
    return;
  }
  set_rules();
  set_mail();
  if (misconfigured_) return;
  code_ = libcurl().easy_perform(easy_.get());
  // What is offered and cannot be done, a server that need not offer it is spoken to without.
  if (code_ != CURLE_SSL_CONNECT_ERROR || must_be_encrypted() || called_off_) return;
  set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_NONE));
  code_ = libcurl().easy_perform(easy_.get());
}

void MailTransfer::hear_command(std::string_view command) {
  leaving_ = leaving_ || command.starts_with("QUIT");
  if (leaving_) return;  // what was said before counts
  status_ = 0;
  words_.clear();
  said_ = command.starts_with("RCPT TO:") ? Said::recipient : Said::other;
  if (said_ == Said::recipient) ++asked_;
  asks_for_rest_ = command.starts_with("DATA");
}

void MailTransfer::hear_answer(std::string_view line) {
  const bool whole =
      line.size() >= 3 && std::all_of(line.begin(), line.begin() + 3, [](char c) { return c >= '0' && c <= '9'; });
  if (!whole || decided_ || leaving_) return;
  if (line.size() > 3 && line[3] == '-') {  // others of the same answer follow
    if (before_.size() < longest_words) before_ += std::string(trim(line.substr(4))) + " ";
    return;
  }
  greeted_ = true;
  status_ = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  words_ = one_line(std::exchange(before_, "") + std::string(line.substr(std::min<std::size_t>(4, line.size()))));
  if (said_ == Said::recipient && status_ >= 400 && asked_ <= mail_.recipients.size())
    answer_.refused.push_back({mail_.recipients[asked_ - 1], status_, words_});
  if (said_ == Said::message) {
    decided_ = true;
    libcurl().easy_setopt(easy_.get(), CURLOPT_SERVER_RESPONSE_TIMEOUT, leave_seconds);
  }
  if (asks_for_rest_ && status_ == 354) said_ = Said::message;
}

int MailTransfer::listen(CURL*, curl_infotype type, char* data, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<MailTransfer*>(self);
  const std::string_view text(data, size);
  if (type == CURLINFO_HEADER_OUT) transfer.hear_command(text);
  if (type == CURLINFO_HEADER_IN) transfer.hear_answer(text);
  return 0;
}

std::size_t MailTransfer::give(char* into, std::size_t one, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<MailTransfer*>(self);
  const std::size_t count = std::min(one * size, transfer.mail_.message.size() - transfer.given_);
  std::memcpy(into, transfer.mail_.message.data() + transfer.given_, count);
  transfer.given_ += count;
  return count;
}

int MailTransfer::go_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  return static_cast<MailTransfer*>(self)->called_off_ ? 1 : 0;
}

curl_socket_t MailTransfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  auto& transfer = *static_cast<MailTransfer*>(self);
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(&address->addr, address->addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return CURL_SOCKET_BAD;
  if (auto refused = why_unreachable(transfer.mail_.rights, transfer.host_, text.data())) {
    transfer.refused_ = std::move(*refused);
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

Result<MailAnswer> MailTransfer::outcome() const {
  if (misconfigured_) return Error{ErrorCode::internal, "this libcurl cannot send mail safely"};
  MailAnswer answer = answer_;
  answer.status = status_;
  answer.words = words_;
  if (decided_) return answer;  // what came of the goodbye changes nothing
  // A server that says no has answered, whatever libcurl makes of it.
  const bool refused = status_ >= 400 && code_ != CURLE_OK && !called_off_;
  if (refused) return answer;
  if (code_ == CURLE_OK) return Error{ErrorCode::unsure, place_ + " did not say what became of the mail"};
  return error();
}

Error MailTransfer::error() const {
  const std::string detail = detail_[0] != '\0' ? detail_.data() : libcurl().easy_strerror(code_);
  const bool whole = given_ == mail_.message.size();
  if (whole) return {ErrorCode::unsure, "no answer came from " + place_ + " when it had the whole mail"};
  if (called_off_) return {ErrorCode::cancelled, "the mail to " + place_ + " was called off"};
  if (!refused_.empty()) return {ErrorCode::denied, refused_};
  switch (static_cast<int>(code_)) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorCode::unavailable, "could not find the address of " + host_};
    case CURLE_COULDNT_CONNECT:
      return {ErrorCode::unavailable, "could not connect to " + place_};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::unavailable, place_ + (greeted_ ? " took too long, and has not got the mail"
                                                         : " did not greet as a mail server does")};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ErrorCode::denied, "the certificate of " + place_ + " is not trusted (" + detail + ')'};
    case CURLE_USE_SSL_FAILED:
      return {ErrorCode::denied, place_ + " offers no encryption (STARTTLS), and without it no mail is sent"};
    case CURLE_SSL_CONNECT_ERROR:
      return {ErrorCode::denied, "could not set up TLS with " + place_ + " (" + detail + ')'};
    case CURLE_LOGIN_DENIED:
      return {ErrorCode::denied, place_ + " takes none of the ways to prove who sends"};
    case CURLE_WEIRD_SERVER_REPLY:
      return {ErrorCode::unavailable, place_ + " does not answer as a mail server does"};
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return {ErrorCode::unavailable, place_ + " closed the connection before it had the mail"};
    default:  // what has no words of its own is quoted
      return {ErrorCode::unavailable, "the connection to " + place_ + " ended before it had the mail (" + detail + ')'};
  }
}

}  // namespace millrace
