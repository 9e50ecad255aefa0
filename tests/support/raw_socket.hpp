#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace millrace::test {

/// A TCP connection that says exactly what a test wants said. Blocking, for threads of its own; gives up after ten
/// seconds.
class RawSocket {
 public:
  explicit RawSocket(int descriptor) : descriptor_(descriptor) {
    timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~RawSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  RawSocket(RawSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RawSocket& operator=(RawSocket&&) = delete;

  static sockaddr_in loopback(int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  static RawSocket connect(int port) {
    const sockaddr_in address = loopback(port);
    RawSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
    return RawSocket(-1);
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void end_sending() { ::shutdown(descriptor_, SHUT_WR); }

  /// What comes until `end` has come, the other side closes, or patience runs out.
  std::string receive_until(std::string_view end) {
    std::string received;
    std::array<char, 4096> part;
    while (end.empty() || received.find(end) == std::string::npos) {
      const ssize_t count = ::recv(descriptor_, part.data(), part.size(), 0);
      if (count <= 0) break;
      received.append(part.data(), static_cast<std::size_t>(count));
    }
    return received;
  }
  std::string receive_all() { return receive_until(""); }

 private:
  int descriptor_;
};

/// Listens on a free port and plays `play` with each connection, one after the other. `play` gets their number, from 0.
class RawServer {
 public:
  explicit RawServer(std::function<void(int, RawSocket&)> play) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = RawSocket::loopback(0);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, play = std::move(play)] {
      for (int number = 0;; ++number) {
        RawSocket socket(::accept(listener_, nullptr, nullptr));
        if (ending_) return;
        play(number, socket);
      }
    });
  }
  ~RawServer() {
    ending_ = true;
    { const RawSocket wake = RawSocket::connect(port_); }
    thread_.join();
    ::close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

 private:
  int listener_;
  int port_ = 0;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace millrace::test
