#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "ask.hpp"
#include "http/http_client.hpp"
#include "http/http_server.hpp"
#include "raw_socket.hpp"

namespace millrace::test {

using namespace std::chrono_literals;

inline OutgoingRequest request_to(const std::string& url, const std::string& method = "GET") {
  OutgoingRequest request;
  request.method = method;
  request.url = url;
  request.deadline = Deadline::in(10s);
  request.private_addresses = true;
  return request;
}

/// Says what came, in the headers and the body of its answer.
inline Task<OutgoingResponse> echo(IncomingRequest request) {
  OutgoingResponse response;
  response.status = 201;
  std::string seen = request.method + ' ' + request.path + '?' + request.query;
  response.headers.add("X-Request", std::move(seen));
  for (const auto& [name, value] : request.headers) response.headers.add("X-Got-" + name, value);
  response.body = std::move(request.body);
  co_return response;
}

/// A loop with our server and our client on it.
struct Pair {
  explicit Pair(HttpHandler handler, HttpServerLimits limits = {}) {
    auto opened = open_http_server(loop, "127.0.0.1:0", std::move(handler), limits);
    REQUIRE(opened);
    server = std::move(*opened);
  }
  ~Pair() { ask(loop, server->stop()); }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(server->port()) + path; }

  Loop loop;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<HttpClient> client = open_http_client(loop);
};

/// One request to a server that plays `play`.
inline Result<IncomingResponse> ask_raw(std::function<void(int, RawSocket&)> play, const std::string& method = "GET",
                                        Duration patience = 10s) {
  Loop loop;
  const RawServer server(std::move(play));
  const auto client = open_http_client(loop);
  OutgoingRequest request = request_to(server.url(), method);
  request.deadline = Deadline::in(patience);
  return ask(loop, client->send(std::move(request)));
}

inline std::string error_of(const Result<IncomingResponse>& result) {
  if (result) return "answered with " + std::to_string(result->status);
  const std::string& message = result.error().message;
  const std::size_t begin = message.find("127.0.0.1:");
  std::size_t end = begin == std::string::npos ? begin : begin + 10;
  while (end < message.size() && message[end] >= '0' && message[end] <= '9') ++end;
  const std::string portless =
      begin == std::string::npos ? message : message.substr(0, begin) + "HOST" + message.substr(end);
  return std::string(name_of(result.error().code)) + ": " + portless;
}

}  // namespace millrace::test
