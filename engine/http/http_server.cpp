#include "http/http_server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "async/asio_loop.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "http/clients.hpp"
#include "http/http_connection.hpp"
#include "http/response_head.hpp"
#include "http/spare_descriptor.hpp"

namespace millrace {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::steady_clock;
using ErrorNumber = boost::system::error_code;

class BeastServer final : public HttpServer {
 public:
  BeastServer(Loop& loop, HttpHandler handler, HttpServerLimits limits, HttpOwner owner)
      : loop_(loop),
        handler_(std::move(handler)),
        limits_(limits),
        rules_{limits, std::move(owner),
               std::make_shared<BodyRoom>(BodyRoom{limits.max_bytes_under_way, limits.max_bytes_of_address}),
               std::make_shared<BodyTurns>(loop)},
        acceptor_(context_of(loop)),
        clients_(limits),
        scope_(loop) {}

  ErrorNumber listen(const tcp::endpoint& endpoint);
  ErrorNumber take_over(int descriptor);

  int port() const override { return port_; }
  Task<void> stop() override;

 private:
  struct Registration;

  void start(ErrorNumber& error);
  Task<void> accept();
  Task<void> watch();
  void accept_those_who_wait();
  void take_in(tcp::socket socket);
  bool accept_with_spare();
  void tell_once_a_minute(const ErrorNumber& error);
  Task<void> serve(std::unique_ptr<Registration> registration);
  Task<bool> answer_one(HttpConnection& connection);
  void turn_away(tcp::socket socket);
  std::string_view date();

  Loop& loop_;
  HttpHandler handler_;
  HttpServerLimits limits_;
  HttpRules rules_;
  tcp::acceptor acceptor_;
  int port_ = 0;
  Clients clients_;
  SpareDescriptor spare_;
  Deadline tell_again_ = Deadline(steady_now());
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
  if (!error) acceptor_.non_blocking(true, error);  // who asks whether somebody else waits does not wait
  if (error) return;
  scope_.spawn(accept());
  scope_.spawn(watch());
}

/// A connection is known to the server from when it is accepted until its task ends.
struct BeastServer::Registration {
  Registration(BeastServer& owner, tcp::socket socket, const asio::ip::address& from)
      : server(owner), client(owner.clients_.add(from, owner.loop_, std::move(socket), owner.rules_)) {
    if (server.clients_.size() == 1) server.changed_.announce();
  }
  ~Registration() {
    server.clients_.remove(client);
    if (server.clients_.empty()) server.changed_.announce();
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  BeastServer& server;
  Clients::Place client;
};

Task<void> BeastServer::accept() {
  while (!stopping_) {
    ErrorNumber error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    tcp::socket socket = co_await acceptor_.async_accept(token);
    if (error == asio::error::operation_aborted || stopping_) co_return;
    if (error) {
      tell_once_a_minute(error);
      // Without descriptors whoever waits gets that of another, or is told to come back.
      const bool none_left = error.value() == EMFILE || error.value() == ENFILE;
      if (none_left && (clients_.make_way() || accept_with_spare())) continue;
      co_await sleep_for(std::chrono::milliseconds(100));
      continue;
    }
    take_in(std::move(socket));
    accept_those_who_wait();
  }
}

/// In one turn of the loop, in which all the others say something too: who waits behind hundreds of new connections
/// would wait as many turns.
void BeastServer::accept_those_who_wait() {
  constexpr int most_in_one_turn = 64;
  ErrorNumber error;
  for (int i = 0; i < most_in_one_turn && !error; ++i) {
    tcp::socket socket(context_of(loop_));
    acceptor_.accept(socket, error);
    if (!error) take_in(std::move(socket));
  }
}

void BeastServer::take_in(tcp::socket socket) {
  ErrorNumber error;
  const asio::ip::address from = socket.remote_endpoint(error).address();
  if (error) return;
  if (!clients_.has_room_for(from)) return turn_away(std::move(socket));
  socket.set_option(tcp::no_delay(true), error);
  scope_.spawn(serve(std::make_unique<Registration>(*this, std::move(socket), from)));
}

void BeastServer::tell_once_a_minute(const ErrorNumber& error) {
  if (!tell_again_.reached()) return;
  tell_again_ = Deadline::in(std::chrono::minutes(1));
  log(LogLevel::warning, "cannot accept an HTTP connection: " + error.message());
}

/// The connection that waits is accepted with a descriptor kept for this, told to come back, and closed.
bool BeastServer::accept_with_spare() {
  if (!spare_.let_go()) return false;
  ErrorNumber error;
  tcp::socket socket(context_of(loop_));
  acceptor_.accept(socket, error);
  if (!error) turn_away(std::move(socket));
  spare_.take_back();
  return !error;
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
  while (!stopping_ || !clients_.empty()) {
    const Deadline next = clients_.empty() ? Deadline() : Deadline::in(step);
    const bool undisturbed = co_await changed_.wait(next);
    if (!undisturbed) co_return;
    const auto now = steady_clock::now();
    clients_.each([now](HttpConnection& connection) { connection.expire(now); });
  }
}

Task<void> BeastServer::serve(std::unique_ptr<Registration> registration) {
  HttpConnection& connection = registration->client->connection;
  bool kept = true;
  while (kept && !stopping_) {
    kept = co_await answer_one(connection);
    connection.end_answer();
    clients_.was_answered(registration->client);
  }
}

/// False when the connection is to be closed.
Task<bool> BeastServer::answer_one(HttpConnection& connection) {
  ArrivedRequest arrived;
  const Intake intake = co_await connection.read_request(arrived);
  if (intake == gone) co_return false;
  if (intake != whole) {
    std::string now(date());
    co_await connection.refuse(intake, std::move(now));
    co_return false;
  }
  connection.begin_answer();
  const bool only_head = arrived.request.method == "HEAD";
  OutgoingResponse response = co_await handler_(std::move(arrived.request));
  if (response.drop) co_return false;

  const bool with_body = !only_head && carries_body(response.status);
  const bool streamed = with_body && response.source != nullptr;
  const bool truncated = response.truncate_body_to < response.body.size();
  const bool kept = arrived.keep_alive && !truncated && !streamed && !stopping_;
  ResponseFraming framing = {
      .date = date(), .connection = kept ? (arrived.modern ? "" : "keep-alive") : "close", .chunked = arrived.modern};
  std::string head = encode_head(response, framing);
  if (streamed) {
    co_await connection.stream(std::move(response.source), std::move(head), arrived.modern);
    co_return false;
  }
  const std::size_t body_bytes = with_body ? std::min(response.truncate_body_to, response.body.size()) : 0;
  const bool written = co_await connection.write(std::move(response), std::move(head), body_bytes);
  co_return written&& kept;
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
  clients_.each([](HttpConnection& connection) { connection.stop(); });
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
                                                     HttpServerLimits limits, HttpOwner owner) {
  const tcp::endpoint endpoint = TRY(parse_listen(listen));
  auto server = std::make_unique<BeastServer>(loop, std::move(handler), limits, std::move(owner));
  const ErrorNumber error = server->listen(endpoint);
  if (error) return cannot_listen(listen, error);
  return std::unique_ptr<HttpServer>(std::move(server));
}

Result<std::unique_ptr<HttpServer>> open_http_server(Loop& loop, int descriptor, HttpHandler handler,
                                                     HttpServerLimits limits, HttpOwner owner) {
  auto server = std::make_unique<BeastServer>(loop, std::move(handler), limits, std::move(owner));
  const ErrorNumber error = server->take_over(descriptor);
  if (error) return cannot_listen("the socket that was handed over", error);
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace millrace
