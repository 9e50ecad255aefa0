#include "http/http_server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <list>
#include <string_view>
#include <utility>

#include "async/asio_loop.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "http/request_parser.hpp"
#include "http/response_head.hpp"

namespace millrace {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using std::chrono::steady_clock;
using ErrorNumber = boost::system::error_code;

constexpr std::size_t max_chunk_line = 8u << 10;

struct Connection {
  explicit Connection(tcp::socket accepted) : socket(std::move(accepted)) {}

  /// The server's watch ends whatever operation is under way at that time.
  void limit(Duration from_now) {
    expired = false;
    deadline = steady_clock::now() + from_now;
  }

  tcp::socket socket;
  beast::flat_buffer buffer;
  steady_clock::time_point deadline = steady_clock::time_point::max();
  bool expired = false;
  bool answering = false;  // a whole request has come, its answer has not yet gone
};

/// What came of reading a request: 0 for a whole one, else the status to refuse it with; `gone` where nobody is
/// listening.
using Intake = int;
constexpr Intake whole = 0;
constexpr Intake gone = -1;

Intake refusal_of(const ErrorNumber& error) {
  if (error == beast::http::error::header_limit) return 431;
  if (error == beast::http::error::body_limit) return 413;
  return 400;
}

std::string_view sentence_of(Intake refusal) {
  switch (refusal) {
    case 408:
      return "the request did not arrive in time\n";
    case 413:
      return "the body of the request is too large\n";
    case 431:
      return "the headers of the request are too large\n";
    default:
      return "this is not a well-formed HTTP request\n";
  }
}

class BeastServer final : public HttpServer {
 public:
  BeastServer(Loop& loop, HttpHandler handler, HttpServerLimits limits)
      : handler_(std::move(handler)), limits_(limits), acceptor_(context_of(loop)), scope_(loop) {}

  ErrorNumber listen(const tcp::endpoint& endpoint);
  ErrorNumber take_over(int descriptor);

  int port() const override { return port_; }
  Task<void> stop() override;

 private:
  struct Registration;

  void start(ErrorNumber& error);
  Task<void> accept();
  Task<void> watch();
  Task<void> serve(tcp::socket socket);
  Task<bool> answer_one(Connection& connection);
  Task<Intake> read_request(Connection& connection, RequestParser& parser);
  Task<Intake> read_some(Connection& connection, bool begun, std::size_t size);
  Task<Intake> check_header(Connection& connection, RequestParser& parser);
  Task<bool> write(Connection& connection, OutgoingResponse response, std::string head, std::size_t body_bytes);
  Task<void> refuse(Connection& connection, Intake status);
  void turn_away(tcp::socket socket);
  std::string_view date();

  HttpHandler handler_;
  HttpServerLimits limits_;
  tcp::acceptor acceptor_;
  int port_ = 0;
  std::list<Connection> connections_;
  bool stopping_ = false;
  std::time_t date_of_ = 0;
  std::string date_;
  News changed_;  // the first connection came, or the last one went
  Scope scope_;   // the last member: its tasks use the others
};

ErrorNumber BeastServer::listen(const tcp::endpoint& endpoint) {
  ErrorNumber error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) start(error);
  return error;
}

ErrorNumber BeastServer::take_over(int descriptor) {
  ErrorNumber error;
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return {errno, boost::system::system_category()};
  acceptor_.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), descriptor, error);
  if (!error) start(error);
  return error;
}

void BeastServer::start(ErrorNumber& error) {
  port_ = acceptor_.local_endpoint(error).port();
  if (error) return;
  scope_.spawn(accept());
  scope_.spawn(watch());
}

Task<void> BeastServer::accept() {
  while (!stopping_) {
    ErrorNumber error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    tcp::socket socket = co_await acceptor_.async_accept(token);
    if (error == asio::error::operation_aborted || stopping_) co_return;
    if (error) {
      log(LogLevel::warning, "cannot accept an HTTP connection: " + error.message());
      co_await sleep_for(std::chrono::milliseconds(100));  // most often there are no descriptors left for the moment
      continue;
    }
    if (std::cmp_greater_equal(connections_.size(), limits_.max_connections)) {
      turn_away(std::move(socket));
      continue;
    }
    socket.set_option(tcp::no_delay(true), error);
    scope_.spawn(serve(std::move(socket)));
  }
}

void BeastServer::turn_away(tcp::socket socket) {
  constexpr std::string_view answer =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  ErrorNumber error;
  socket.non_blocking(true, error);
  socket.write_some(asio::buffer(answer), error);  // fits into the buffer of a new connection
}

/// One task for the time limits of all connections: they are long and may be a little late, so nothing is set or taken
/// back for a single request.
Task<void> BeastServer::watch() {
  const Duration shortest = std::min({limits_.read_timeout, limits_.write_timeout, limits_.idle_timeout});
  const Duration step = std::clamp<Duration>(shortest / 8, std::chrono::milliseconds(5), std::chrono::seconds(1));
  while (!stopping_ || !connections_.empty()) {
    const Deadline next = connections_.empty() ? Deadline() : Deadline::in(step);
    const bool undisturbed = co_await changed_.wait(next);
    if (!undisturbed) co_return;
    const auto now = steady_clock::now();
    for (Connection& connection : connections_) {
      if (connection.deadline > now) continue;
      connection.expired = true;
      ErrorNumber error;
      connection.socket.cancel(error);
    }
  }
}

/// A connection is known to the server for as long as its task runs.
struct BeastServer::Registration {
  Registration(BeastServer& owner, tcp::socket socket)
      : server(owner), entry(owner.connections_.emplace(owner.connections_.end(), std::move(socket))) {
    if (server.connections_.size() == 1) server.changed_.announce();
  }
  ~Registration() {
    server.connections_.erase(entry);
    if (server.connections_.empty()) server.changed_.announce();
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  BeastServer& server;
  std::list<Connection>::iterator entry;
};

Task<void> BeastServer::serve(tcp::socket socket) {
  const Registration registration(*this, std::move(socket));
  Connection& connection = *registration.entry;
  connection.limit(limits_.read_timeout);
  bool kept = true;
  while (kept && !stopping_) {
    kept = co_await answer_one(connection);
    connection.answering = false;
    connection.limit(limits_.idle_timeout);
  }
}

/// False when the connection is to be closed.
Task<bool> BeastServer::answer_one(Connection& connection) {
  RequestParser parser(limits_);
  const Intake intake = co_await read_request(connection, parser);
  if (intake == gone) co_return false;
  if (intake != whole) {
    co_await refuse(connection, intake);
    co_return false;
  }
  connection.answering = true;
  connection.deadline = steady_clock::time_point::max();  // how long an answer may take is its handler's affair
  const bool only_head = parser.request.method == "HEAD";
  const bool modern = parser.modern;
  OutgoingResponse response = co_await handler_(std::move(parser.request));
  if (response.drop) co_return false;

  const bool truncated = response.truncate_body_to < response.body.size();
  const bool kept = parser.keep_alive() && !truncated && !stopping_;
  ResponseFraming framing = {.date = date(), .connection = kept ? (modern ? "" : "keep-alive") : "close"};
  std::string head = encode_head(response, framing);
  std::size_t body_bytes = std::min(response.truncate_body_to, response.body.size());
  if (only_head || !carries_body(response.status)) body_bytes = 0;
  const bool written = co_await write(connection, std::move(response), std::move(head), body_bytes);
  co_return written&& kept;
}

Task<Intake> BeastServer::read_request(Connection& connection, RequestParser& parser) {
  bool header_checked = false;
  bool begun = connection.buffer.size() > 0;  // sent together with the request before
  if (begun) connection.limit(limits_.read_timeout);
  while (!parser.is_done()) {
    ErrorNumber error = beast::http::error::need_more;
    if (connection.buffer.size() > 0) {
      const std::size_t used = parser.put(connection.buffer.data(), error);
      connection.buffer.consume(used);
      if (error && error != beast::http::error::need_more) co_return refusal_of(error);
    }
    if (parser.is_header_done() && !header_checked) {
      header_checked = true;
      const Intake checked = co_await check_header(connection, parser);
      if (checked != whole) co_return checked;
    }
    if (parser.is_done()) break;
    if (!error && connection.buffer.size() > 0) continue;
    if (header_checked && connection.buffer.size() > max_chunk_line) co_return 400;
    const Intake read = co_await read_some(connection, begun, header_checked ? 64u << 10 : 4u << 10);
    if (read != whole) co_return read;
    if (!begun) connection.limit(limits_.read_timeout);
    begun = true;
  }
  co_return whole;
}

/// Waits for the next bytes of a request.
Task<Intake> BeastServer::read_some(Connection& connection, bool begun, std::size_t size) {
  if (stopping_) co_return gone;
  const auto room = connection.buffer.prepare(size);
  ErrorNumber error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const std::size_t count = co_await connection.socket.async_read_some(room, token);
  connection.buffer.commit(count);
  if (!error) co_return whole;
  if (!begun) co_return gone;
  if (error == asio::error::eof) co_return 400;  // whoever sent half a request may still be listening
  co_return error == asio::error::operation_aborted&& connection.expired ? 408 : gone;
}

/// What can be said before the body has come.
Task<Intake> BeastServer::check_header(Connection& connection, RequestParser& parser) {
  const HttpHeaders& headers = parser.request.headers;
  // The length of a body in any other encoding is not known: what follows could be taken for the next request.
  if (headers.find("Transfer-Encoding") != nullptr && !parser.chunked()) co_return 400;
  const std::string* expected = headers.find("Expect");
  if (expected == nullptr || parser.is_done() || lower(*expected) != "100-continue") co_return whole;
  constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  ErrorNumber error;
  const auto bytes = asio::buffer(go_on);
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await asio::async_write(connection.socket, bytes, token);
  co_return error ? gone : whole;
}

Task<bool> BeastServer::write(Connection& connection, OutgoingResponse response, std::string head,
                              std::size_t body_bytes) {
  connection.limit(limits_.write_timeout);
  const std::array<asio::const_buffer, 2> parts = {asio::buffer(head), asio::buffer(response.body, body_bytes)};
  ErrorNumber error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await asio::async_write(connection.socket, parts, token);
  co_return !error;
}

Task<void> BeastServer::refuse(Connection& connection, Intake status) {
  OutgoingResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  response.body = sentence_of(status);
  ResponseFraming framing = {.date = date(), .connection = "close"};
  std::string head = encode_head(response, framing);
  const std::size_t body_bytes = response.body.size();
  const bool written = co_await write(connection, std::move(response), std::move(head), body_bytes);
  if (!written) co_return;
  // Closing while the client still sends would destroy the answer on its way: what comes is read and dropped for a
  // while.
  ErrorNumber error;
  connection.socket.shutdown(tcp::socket::shutdown_send, error);
  connection.limit(std::min<Duration>(limits_.read_timeout, std::chrono::seconds(2)));
  connection.buffer.clear();
  const auto room = connection.buffer.prepare(16u << 10);
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (!error && !stopping_) {
    co_await connection.socket.async_read_some(room, token);
    if (steady_clock::now() >= connection.deadline) co_return;
  }
}

std::string_view BeastServer::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_of_) {
    date_of_ = now;
    date_ = render_http_date(now);
  }
  return date_;
}

Task<void> BeastServer::stop() {
  stopping_ = true;
  ErrorNumber error;
  acceptor_.close(error);
  for (Connection& connection : connections_) {
    if (!connection.answering) connection.socket.cancel(error);
  }
  changed_.announce();
  co_await scope_.done();
}

Result<tcp::endpoint> parse_listen(const std::string& listen) {
  const std::size_t colon = std::min(listen.rfind(':'), listen.size());
  std::string host = listen.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port = 0;
  const char* begin = listen.data() + std::min(colon + 1, listen.size());
  const char* end = listen.data() + listen.size();
  const auto [stopped, problem] = std::from_chars(begin, end, port);
  ErrorNumber error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (error || problem != std::errc() || stopped != end || address.is_v6() != bracketed) {
    return Error{ErrorCode::invalid,
                 '"' + listen + "\" is no address to listen on: write it like 127.0.0.1:8710 or [::1]:8710"};
  }
  return tcp::endpoint(address, port);
}

Error cannot_listen(const std::string& listen, const ErrorNumber& error) {
  const std::string what = "cannot listen on " + listen + ": ";
  if (error == asio::error::address_in_use) {
    return Error{ErrorCode::conflict, what + "another program does, stop it or choose another port"};
  }
  if (error == asio::error::access_denied) {
    return Error{ErrorCode::denied, what + "this needs more rights, choose a port above 1023"};
  }
  const std::string reason = error.message();
  return Error{ErrorCode::unavailable, what + lower(reason.substr(0, 1)) + reason.substr(1)};
}

}  // namespace

Result<std::unique_ptr<HttpServer>> open_http_server(Loop& loop, const std::string& listen, HttpHandler handler,
                                                     HttpServerLimits limits) {
  const tcp::endpoint endpoint = TRY(parse_listen(listen));
  auto server = std::make_unique<BeastServer>(loop, std::move(handler), limits);
  const ErrorNumber error = server->listen(endpoint);
  if (error) return cannot_listen(listen, error);
  return std::unique_ptr<HttpServer>(std::move(server));
}

Result<std::unique_ptr<HttpServer>> open_http_server(Loop& loop, int descriptor, HttpHandler handler,
                                                     HttpServerLimits limits) {
  auto server = std::make_unique<BeastServer>(loop, std::move(handler), limits);
  const ErrorNumber error = server->take_over(descriptor);
  if (error) return cannot_listen("the socket that was handed over", error);
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace millrace
