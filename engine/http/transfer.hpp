#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "http/content_codings.hpp"
#include "http/curl_free.hpp"
#include "http/curl_multi.hpp"
#include "http/http_client.hpp"

namespace millrace {

/// One request, from its first byte to the last of its answer. `transfer.cpp` sets it up and follows it,
/// `transfer_error.cpp` finds the words when it fails.
class Transfer final : public CurlMulti::Listener {
 public:
  Transfer(OutgoingRequest request, CurlMulti& multi) : request_(std::move(request)), multi_(multi) {}
  ~Transfer() override {
    if (under_way_) multi_.remove(easy_.get());
    multi_.give_back(std::move(easy_));
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  static constexpr std::size_t max_header_bytes = 256u << 10;
  static constexpr std::chrono::milliseconds connect_timeout{30'000};

  Status begin();
  void finished(CURLcode code) override;

  News& news() noexcept { return news_; }
  bool under_way() const noexcept { return under_way_; }
  const std::string& place() const noexcept { return place_; }
  Result<IncomingResponse> outcome();  ///< once it is no longer under way

 private:
  Status read_url();
  Status set_headers();
  Status add_line(const std::string& header);
  void set_rules();
  void set_method();
  Status set_time_limit();

  template <class T>
  void set(CURLoption option, T value) {
    if (libcurl().easy_setopt(easy_.get(), option, value) != CURLE_OK) misconfigured_ = true;
  }

  Error error() const;
  Error error_of_connecting() const;
  Error error_of_time() const;
  Error closed(ErrorCode code, const std::string& when) const;
  bool may_reach(const std::string& address);

  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;
  bool end_headers();
  static int about_to_send(void* self, char* address, char* own_address, int port, int own_port) noexcept;
  static std::size_t take_header(char* data, std::size_t one, std::size_t size, void* self) noexcept;
  static std::size_t take_body(char* data, std::size_t one, std::size_t size, void* self) noexcept;
  void begin_body();

  OutgoingRequest request_;
  CurlMulti& multi_;
  News news_;
  std::unique_ptr<CURLU, CurlFree> url_;
  std::unique_ptr<curl_slist, CurlFree> header_list_;
  std::string host_;
  std::string place_;  // the host, and the port where the URL names one
  std::chrono::milliseconds time_limit_{0};
  IncomingResponse response_;
  std::size_t header_bytes_ = 0;
  bool headers_ended_ = false;
  bool body_begun_ = false;
  std::unique_ptr<ContentUnpacker> unpacker_;  // of a body that comes packed
  CURLcode code_ = CURLE_OK;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  std::string refused_;  // why the address may not be reached
  bool misconfigured_ = false;
  bool under_way_ = false;
  bool may_have_left_ = false;  // from here on nobody knows whether the far side has acted
  bool would_repeat_ = false;
  bool too_large_ = false;
  bool broken_coding_ = false;
  bool broken_length_ = false;
  std::unique_ptr<CURL, CurlFree> easy_;  // the last member: it refers to the others
};

}  // namespace millrace
