// Requests off the wire, by the server's own reader: they are the same however the bytes come in pieces, and what their
// bodies take is within the limits and given back.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "async/asio_loop.hpp"
#include "base/descriptor.hpp"
#include "base/http_token.hpp"
#include "fuzz.hpp"
#include "http/body_text.hpp"
#include "http/http_connection.hpp"
#include "http/request_parser.hpp"

using namespace millrace;

namespace {

constexpr HttpServerLimits limits = {.max_body_bytes = 512, .max_bytes_under_way = 4096, .max_header_bytes = 1024};
constexpr std::size_t refused_size = 256;  // by the door

void add_text(std::string& said, const std::string& text) { said += std::to_string(text.size()) + ":" + text + "\n"; }

void check(const IncomingRequest& request) {
  fuzz::require(request.body.size() <= limits.max_body_bytes, "a body is within the limit");
  fuzz::require(request.path.find('?') == std::string::npos, "a path has no query");
  for (const auto& [name, value] : request.headers) {
    fuzz::require(is_http_token(name), "a header's name is one");
    fuzz::require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "a header is one line");
  }
  for (const auto& [name, value] : decode_query(request.query))
    fuzz::require(name.size() + value.size() <= request.query.size(), "what is decoded is no longer");
  (void)body_text(media_type_of(request.headers), request.body);
}

/// All requests that come, and how it ends.
Task<void> read_all(HttpConnection& connection, std::string& said) {
  for (int count = 0; count < 8; ++count) {
    ArrivedRequest arrived;
    const Intake taken = co_await connection.read_request(arrived);
    said += std::to_string(taken) + "\n";
    if (taken != whole) co_return;
    check(arrived.request);
    for (const std::string* text :
         {&arrived.request.method, &arrived.request.path, &arrived.request.query, &arrived.request.body})
      add_text(said, *text);
    for (const auto& [name, value] : arrived.request.headers) add_text(said, name + "\n" + value);
    said += arrived.modern ? "modern" : "old";
    if (!arrived.keep_alive) co_return;
  }
}

Task<void> write_pieces(int socket, std::string_view bytes, std::size_t piece) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    if (::send(socket, part.data(), part.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) break;
    bytes.remove_prefix(part.size());
    co_await sleep_for(Duration::zero());  // the reader's turn
  }
  ::shutdown(socket, SHUT_WR);
}

Task<void> converse(Loop& loop, HttpConnection& connection, int socket, std::string_view bytes, std::size_t piece,
                    std::string& said) {
  Scope scope(loop);
  scope.spawn(write_pieces(socket, bytes, piece));
  co_await read_all(connection, said);
  co_await scope.stop();
}

std::string read(std::string_view bytes, std::size_t piece) {
  static Loop loop(1);
  std::array<int, 2> ends = {};
  fuzz::require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0, "there are sockets");
  const Descriptor client(ends[1]);
  HttpRules rules{limits,
                  {},
                  std::make_shared<BodyRoom>(BodyRoom{limits.max_bytes_under_way, limits.max_bytes_of_address}),
                  std::make_shared<BodyTurns>(loop)};
  rules.owner.door = [](const IncomingRequest& head) {
    Admittance admitted;
    if (head.path == "/small") admitted.max_body_bytes = refused_size;
    if (head.path == "/shut") admitted.refusal.emplace().status = 401;
    return admitted;
  };
  std::string said;
  {
    boost::asio::ip::tcp::socket server(context_of(loop), boost::asio::ip::tcp::v4(), ends[0]);
    HttpConnection connection(loop, std::move(server), rules, "here");
    loop.run(converse(loop, connection, client.number(), bytes, piece, said));
  }
  fuzz::require(rules.room->taken == 0, "what bodies took is given back");
  return said;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t piece = 1 + input.choice(64);
  const std::string_view bytes = input.rest().substr(0, 8192);
  const std::string at_once = read(bytes, bytes.size() + 1);
  const std::string in_pieces = read(bytes, std::max(piece, bytes.size() / 16));
  fuzz::require(at_once == in_pieces, "pieces make no difference");
  return 0;
}
