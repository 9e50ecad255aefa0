#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "http/http_message.hpp"

namespace millrace {

struct IncomingRequest {
  std::string method;
  std::string path;   ///< as sent, still percent-encoded, without the query
  std::string query;  ///< without '?'
  HttpHeaders headers;
  std::string body;
  std::shared_ptr<const void> room = nullptr;  ///< the body's part of what all bodies may take, until it is let go

  bool only_asks() const { return method == "GET" || method == "HEAD"; }
};

/// A body that is made while it is sent: live updates, large files. Loop thread only.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// The next part; empty is the end. An error cuts the connection, so that the client sees that it does not have all.
  /// Asked for once the part before has left for the client, so whoever reads slowly is waited for. A client that
  /// leaves, or stops sending, cancels this task and lets go of the source; so does the server when it stops.
  virtual Task<Result<std::string>> next() = 0;
};

struct OutgoingResponse {
  int status = 200;
  HttpHeaders headers;  ///< Content-Length (or Transfer-Encoding) and Date are added
  std::string body;
  std::shared_ptr<BodySource> source = nullptr;      ///< in place of `body`; the connection is closed afterwards
  bool drop = false;                                 ///< close the connection without an answer (the sandbox's faults)
  std::size_t truncate_body_to = std::string::npos;  ///< send only this much of the announced body, then close (faults)
};

/// A route is a function from a request to the task of its answer.
using HttpHandler = std::function<Task<OutgoingResponse>(IncomingRequest)>;

/// What is said to a request before its body has come.
struct Admittance {
  std::optional<OutgoingResponse> refusal;  ///< none of the body is read, and the connection is closed behind it
  std::size_t max_body_bytes = std::string::npos;
};

/// Asked at the head of each request whose body is still to come, so that what nobody wants costs no memory. Loop
/// thread; returns at once.
using HttpDoor = std::function<Admittance(const IncomingRequest& head)>;

/// Told of each request whose head has come and which the server refuses by itself: its body is too large (413), finds
/// no room (503), is late (408) or broken (400). Loop thread; returns at once.
using HttpRefusals = std::function<void(const IncomingRequest& head, int status, std::string_view why)>;

/// What an owner of a server says and hears beside its handler.
struct HttpOwner {
  HttpDoor door = {};
  HttpRefusals refused = {};
};

struct HttpServerLimits {
  std::size_t max_body_bytes = 4u << 20;
  std::size_t max_bytes_under_way = 256u << 20;   ///< of all bodies, until their requests are let go; then 503
  std::size_t max_bytes_of_address = 256u << 20;  ///< the same of one address, counted as connections are
  std::size_t max_header_bytes = 32u << 10;
  int max_connections = 1024;
  int max_connections_of_address = 0;  ///< of one IPv4 address or one /64 of IPv6; 0: as many as there are
  int kept_for_loopback = 0;           ///< of the connections
  bool idle_gives_way = false;         ///< to the next connection, where there are too many; else the next is refused
  Duration read_timeout = std::chrono::seconds(30);   ///< for one whole request
  Duration write_timeout = std::chrono::seconds(30);  ///< for one answer, or one part of a streamed one
  Duration idle_timeout = std::chrono::seconds(75);   ///< between requests of a kept connection
};

/// Answers HTTP/1.1 on one address. Loop thread only. What breaks a limit gets 408, 413, 431 or 503 and is closed.
/// Where there are too many connections, or no descriptors for another, the one that has waited longest for a whole
/// request gives way, if that is allowed; where all are being answered, the next is told 503.
class HttpServer {
 public:
  virtual ~HttpServer() = default;
  virtual int port() const = 0;   ///< the real one, when 0 was asked for
  virtual Task<void> stop() = 0;  ///< no new connections; waits for the answers under way, cuts those of a source
};

/// `listen` is "127.0.0.1:8710" or "[::1]:8710". Errors name the address and the reason (in use, not allowed).
Result<std::unique_ptr<HttpServer>> open_http_server(Loop& loop, const std::string& listen, HttpHandler handler,
                                                     HttpServerLimits limits = {}, HttpOwner owner = {});

/// The same on a socket that listens already and was handed over (systemd's socket units); the server owns it.
Result<std::unique_ptr<HttpServer>> open_http_server(Loop& loop, int descriptor, HttpHandler handler,
                                                     HttpServerLimits limits = {}, HttpOwner owner = {});

}  // namespace millrace
