#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "async/loop.hpp"
#include "http/body_room.hpp"
#include "http/body_turns.hpp"
#include "http/http_server.hpp"

namespace millrace {

class RequestParser;

/// What came of reading a request: 0 for a whole one, else the status to refuse it with; `gone` where nobody is
/// listening, `turned_away` where the door has said why.
using Intake = int;
constexpr Intake whole = 0;
constexpr Intake gone = -1;
constexpr Intake turned_away = -2;

struct ArrivedRequest {
  IncomingRequest request;
  bool modern = true;  ///< HTTP/1.1
  bool keep_alive = true;
};

/// What the connections of one server go by; it outlives them.
struct HttpRules {
  HttpServerLimits limits;
  HttpOwner owner;
  std::shared_ptr<BodyRoom> room;
  std::shared_ptr<BodyTurns> turns;
};

/// One client of the server: its socket, what it has sent beyond the present request, and until when it may take.
/// Loop thread only.
class HttpConnection {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// `address` is what counts as one. REQUIRES: `loop` and `rules` outlive it.
  HttpConnection(Loop& loop, boost::asio::ip::tcp::socket socket, const HttpRules& rules, std::string address);

  Task<Intake> read_request(ArrivedRequest& arrived);
  /// From now on its handler says how long it takes.
  void begin_answer();
  void end_answer();

  /// Says why a request is not taken, and hears the client out for a moment, so that the answer arrives.
  Task<void> refuse(Intake why, std::string date);
  /// The head, and that much of the body. False where it did not leave.
  Task<bool> write(OutgoingResponse response, std::string head, std::size_t body_bytes);
  /// The head, then the chunks of `source` as they are made, until it ends or fails, the client leaves or the server
  /// stops. The connection is fit for nothing else afterwards.
  Task<void> stream(std::shared_ptr<BodySource> source, std::string head, bool chunked);

  /// Ends whatever operation is under way past its time.
  void expire(Moment now);
  /// Nothing more is read, and no stream goes on; a whole answer under way is still given.
  void stop();
  /// Makes room for another client; its descriptor is free at once. False where a whole request has come, whose answer
  /// it gets.
  bool give_way();

 private:
  struct Stream;

  void limit(Duration from_now);
  void unlimit() { deadline_ = Moment::max(); }
  Task<Intake> take_request(RequestParser& parser);
  Task<Intake> read_some(bool begun, std::size_t size);
  Task<Intake> check_header(RequestParser& parser);
  Intake ask_door(RequestParser& parser);
  Intake check_body(RequestParser& parser);
  Task<void> drop_what_comes();
  Task<void> send_chunks(Stream& stream);
  Task<bool> send_next(Stream& stream);
  Task<bool> send(std::string text);
  Task<void> listen_until_end(const Stream& stream);

  Loop& loop_;
  boost::asio::ip::tcp::socket socket_;
  const HttpServerLimits& limits_;
  const HttpRules& rules_;
  const std::string address_;
  std::optional<OutgoingResponse> refusal_;  // what the door said
  std::size_t max_body_ = 0;                 // of the present request
  std::shared_ptr<BodyShare> share_;
  boost::beast::flat_buffer buffer_;
  Moment deadline_ = Moment::max();
  bool expired_ = false, stopping_ = false;
  bool answering_ = false;  // a whole request has come, its answer has not yet gone
  bool streaming_ = false;
};

}  // namespace millrace
