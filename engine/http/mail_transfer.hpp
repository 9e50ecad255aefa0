#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/curl_free.hpp"
#include "http/mail_client.hpp"

namespace millrace {

/// One mail handed to a server, from the connection to the answer. It blocks: libcurl takes its leave of a mail server
/// (QUIT) without returning before the server has answered, which the loop cannot wait for.
class MailTransfer {
 public:
  explicit MailTransfer(OutgoingMail mail) : mail_(std::move(mail)) {}
  MailTransfer(const MailTransfer&) = delete;
  MailTransfer& operator=(const MailTransfer&) = delete;

  /// What can be found out before anything is connected to.
  Status check();
  /// On a worker, once. REQUIRES: `check` has succeeded.
  void perform();
  /// Any thread, while it is performed: it ends soon.
  void call_off() noexcept { called_off_ = true; }

  const std::string& place() const noexcept { return place_; }
  Result<MailAnswer> outcome() const;  ///< once it has been performed

 private:
  /// What the server's next answer is about.
  enum class Said : std::uint8_t { other, recipient, message };

  template <class T>
  void set(CURLoption option, T value) {
    if (libcurl().easy_setopt(easy_.get(), option, value) != CURLE_OK) misconfigured_ = true;
  }
  bool must_be_encrypted() const { return mail_.encrypted || mail_.url.starts_with("smtps:"); }
  void set_rules();
  void set_mail();
  Error error() const;
  void hear_command(std::string_view command);
  void hear_answer(std::string_view line);

  static int listen(CURL* easy, curl_infotype type, char* data, std::size_t size, void* self) noexcept;
  static std::size_t give(char* into, std::size_t one, std::size_t size, void* self) noexcept;
  static int go_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept;
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;

  OutgoingMail mail_;
  std::string host_, place_;
  std::unique_ptr<curl_slist, CurlFree> recipients_;
  std::size_t given_ = 0;    // bytes of the message that libcurl has
  Said said_ = Said::other;  // the last command
  std::size_t asked_ = 0;    // recipients that were named
  bool greeted_ = false;
  bool asks_for_rest_ = false;
  int status_ = 0;  // of the answer to the last command; 0: none yet
  std::string words_;
  std::string before_;  // what the earlier lines of an answer of several said
  bool leaving_ = false;
  bool decided_ = false;  // the server has said what it does with the whole message
  MailAnswer answer_;
  CURLcode code_ = CURLE_OK;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  std::string refused_;  // why the address may not be reached
  bool misconfigured_ = false;
  std::atomic<bool> called_off_ = false;
  std::unique_ptr<CURL, CurlFree> easy_;  // the last member: it refers to the others
};

}  // namespace millrace
