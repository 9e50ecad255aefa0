#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ask.hpp"
#include "http/http_server.hpp"
#include "raw_socket.hpp"

namespace millrace::test {

inline std::string status_line(const std::string& text) { return text.substr(0, text.find('\r')); }

inline bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// A server on a loop, and clients on worker threads.
struct Served {
  explicit Served(HttpServerLimits limits, HttpHandler handler, HttpDoor door = {}, HttpRefusals refused = {}) {
    auto opened = open_http_server(loop, "127.0.0.1:0", std::move(handler), limits,
                                   HttpOwner{std::move(door), std::move(refused)});
    REQUIRE(opened);
    server = std::move(*opened);
  }
  ~Served() { ask(loop, server->stop()); }

  /// What a client gets that plays `play`.
  std::string play(std::function<std::string(RawSocket&)> play) {
    std::function<std::string()> job = [this, &play] {
      RawSocket socket = RawSocket::connect(server->port());
      return play(socket);
    };
    return ask(loop, on_worker(loop, std::move(job)));
  }

  /// What comes back for `text`, until the server closes.
  std::string exchange(const std::string& text) {
    return play([&](RawSocket& socket) {
      socket.send(text);
      return socket.receive_all();
    });
  }

  Loop loop;
  std::unique_ptr<HttpServer> server;
};

}  // namespace millrace::test
