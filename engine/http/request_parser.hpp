#pragma once

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "http/http_server.hpp"

namespace millrace {

/// Reads one request off the wire straight into the form that handlers see. Only for http_connection.cpp: Beast
/// compiles slowly.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  explicit RequestParser(const HttpServerLimits& limits) {
    header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
    body_limit(boost::none);  // until the head is read, which says whose body it is
  }

  /// How many bytes are written or moved when so many more of the body are put.
  std::size_t effort_of(std::size_t more) const {
    const std::size_t room = capacity_for(request.body.size() + more);
    return room == request.body.capacity() ? more : room;
  }

  /// Whether the body has more than so many bytes, as far as that can be told.
  bool goes_on(std::size_t bytes) const { return announced_ > bytes || request.body.size() >= bytes; }

  IncomingRequest request;
  bool modern = true;  ///< HTTP/1.1: connections are kept unless somebody says otherwise

 private:
  using Text = boost::beast::string_view;
  static std::string copy(Text text) { return {text.data(), text.size()}; }

  void on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                       boost::system::error_code& error) override {
    error = {};
    request.method = copy(method);
    modern = version >= 11;
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.path = copy(target.substr(0, mark));
    if (mark < target.size()) request.query = copy(target.substr(mark + 1));
  }
  void on_field_impl(boost::beast::http::field, Text name, Text value, boost::system::error_code& error) override {
    error = {};
    if (!is_header_done()) request.headers.add(copy(name), copy(value));  // what trails a chunked body is no header
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& announced, boost::system::error_code& error) override {
    error = {};
    announced_ = announced ? static_cast<std::size_t>(*announced) : 0;
  }
  std::size_t on_body_impl(Text body, boost::system::error_code& error) override {
    error = {};
    request.body.reserve(capacity_for(request.body.size() + body.size()));
    request.body.append(body.data(), body.size());
    return body.size();
  }
  /// What a client merely announces costs no memory, and what it sends no more than it has announced.
  std::size_t capacity_for(std::size_t size) const {
    if (size <= request.body.capacity()) return request.body.capacity();
    const std::size_t doubled = std::max(size, 2 * request.body.capacity());
    return announced_ >= size ? std::min(doubled, announced_) : doubled;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, boost::system::error_code& error) override {
    return on_body_impl(body, error);
  }
  std::size_t announced_ = 0;

  void on_response_impl(int, Text, int, boost::system::error_code& error) override { error = {}; }
  void on_header_impl(boost::system::error_code& error) override { error = {}; }
  void on_chunk_header_impl(std::uint64_t, Text, boost::system::error_code& error) override { error = {}; }
  void on_finish_impl(boost::system::error_code& error) override { error = {}; }
};

}  // namespace millrace
