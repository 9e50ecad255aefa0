#include "http/http_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "http/request_parser.hpp"
#include "http/response_head.hpp"

namespace millrace {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using ErrorNumber = boost::system::error_code;

constexpr std::size_t max_chunk_line = 8u << 10;
constexpr std::size_t first_read = 4u << 10;      // most requests are whole with it
constexpr std::size_t piece_of_body = 16u << 10;  // as much of one is read at once

Intake refusal_of(const ErrorNumber& error) {
  if (error == beast::http::error::header_limit) return 431;
  if (error == beast::http::error::body_limit) return 413;
  return 400;
}

/// Of two, a proxy before us may have meant the other one; HTTP/1.1 asks for one, whatever else is sent.
std::size_t hosts_in(const HttpHeaders& headers) {
  return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), [](const auto& each) {
    return each.first.size() == 4 && lower(each.first) == "host";
  }));
}

std::string_view sentence_of(Intake refusal) {
  switch (refusal) {
    case 408:
      return "the request did not arrive in time\n";
    case 413:
      return "the body of the request is too large\n";
    case 431:
      return "the headers of the request are too large\n";
    case 503:
      return "too much is being sent at once\n";
    default:
      return "this is not a well-formed HTTP request\n";
  }
}

OutgoingResponse plain_refusal(Intake status) {
  OutgoingResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  if (status == 503) response.headers.add("Retry-After", "1");
  response.body = sentence_of(status);
  return response;
}

}  // namespace

HttpConnection::HttpConnection(Loop& loop, tcp::socket socket, const HttpRules& rules, std::string address)
    : loop_(loop), socket_(std::move(socket)), limits_(rules.limits), rules_(rules), address_(std::move(address)) {
  limit(limits_.read_timeout);
}

void HttpConnection::limit(Duration from_now) {
  expired_ = false;
  deadline_ = std::chrono::steady_clock::now() + from_now;
}

void HttpConnection::expire(Moment now) {
  if (deadline_ > now) return;
  expired_ = true;
  ErrorNumber error;
  socket_.cancel(error);
}

void HttpConnection::stop() {
  stopping_ = true;
  ErrorNumber error;
  if (!answering_ || streaming_) socket_.cancel(error);
}

bool HttpConnection::give_way() {
  if (answering_ || !socket_.is_open()) return false;
  ErrorNumber error;
  socket_.close(error);
  return true;
}

void HttpConnection::begin_answer() {
  answering_ = true;
  unlimit();
}

void HttpConnection::end_answer() {
  answering_ = false;
  limit(limits_.idle_timeout);
}

Task<Intake> HttpConnection::read_request(ArrivedRequest& arrived) {
  RequestParser parser(limits_);
  share_ = std::make_shared<BodyShare>(rules_.room, address_);
  const Intake taken = co_await take_request(parser);
  if (taken == whole) {
    arrived = {std::move(parser.request), parser.modern, parser.keep_alive()};
    arrived.request.room = std::move(share_);
  } else if (taken != gone && taken != turned_away && parser.is_header_done() && rules_.owner.refused) {
    rules_.owner.refused(parser.request, taken, trim(sentence_of(taken)));
  }
  co_return taken;
}

Task<Intake> HttpConnection::take_request(RequestParser& parser) {
  bool header_checked = false;
  bool begun = buffer_.size() > 0;  // sent together with the request before
  if (begun) limit(limits_.read_timeout);
  while (!parser.is_done()) {
    ErrorNumber error = beast::http::error::need_more;
    if (buffer_.size() > 0) {
      if (const std::size_t effort = parser.effort_of(buffer_.size()); effort > first_read && header_checked) {
        const bool undisturbed = co_await rules_.turns->take(effort);
        if (!undisturbed) co_return gone;
      }
      const std::size_t used = parser.put(buffer_.data(), error);
      buffer_.consume(used);
      if (error && error != beast::http::error::need_more) co_return refusal_of(error);
    }
    if (parser.is_header_done() && !header_checked) {
      header_checked = true;
      const Intake checked = co_await check_header(parser);
      if (checked != whole) co_return checked;
    }
    if (const Intake taken = check_body(parser); taken != whole) co_return taken;
    if (parser.is_done()) break;
    if (!error && buffer_.size() > 0) continue;
    if (header_checked && buffer_.size() > max_chunk_line) co_return 400;
    if (parser.goes_on(first_read)) {  // no small request ever waits
      const bool undisturbed = co_await rules_.turns->take(piece_of_body);
      if (!undisturbed) co_return gone;
    }
    const Intake read = co_await read_some(begun, header_checked ? piece_of_body : first_read);
    if (read != whole) co_return read;
    if (!begun) limit(limits_.read_timeout);
    begun = true;
  }
  const std::size_t all = parser.request.body.size();
  if (all <= piece_of_body) co_return whole;
  const bool undisturbed = co_await rules_.turns->take(all);  // to understand a large one takes its time, too
  co_return undisturbed ? whole : gone;
}

/// Waits for the next bytes of a request.
Task<Intake> HttpConnection::read_some(bool begun, std::size_t size) {
  if (stopping_) co_return gone;
  const auto room = buffer_.prepare(size);
  ErrorNumber error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const std::size_t count = co_await socket_.async_read_some(room, token);
  buffer_.commit(count);
  if (!error) co_return whole;
  if (!begun) co_return gone;
  if (error == asio::error::eof) co_return 400;  // whoever sent half a request may still be listening
  co_return error == asio::error::operation_aborted&& expired_ ? 408 : gone;
}

/// What can be said before the body has come.
Task<Intake> HttpConnection::check_header(RequestParser& parser) {
  const HttpHeaders& headers = parser.request.headers;
  // The length of a body in any other encoding is not known: what follows could be taken for the next request.
  // HTTP/1.0 does not know of it, so a proxy before us may see another end of the body.
  const bool encoded = headers.find("Transfer-Encoding") != nullptr;
  if (encoded && (!parser.chunked() || !parser.modern)) co_return 400;
  if (const std::size_t hosts = hosts_in(headers); hosts > 1 || (hosts == 0 && parser.modern)) co_return 400;
  if (const Intake let_in = ask_door(parser); let_in != whole) co_return let_in;
  const std::string* expected = headers.find("Expect");
  if (expected == nullptr || parser.is_done() || lower(*expected) != "100-continue") co_return whole;
  constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  ErrorNumber error;
  const auto bytes = asio::buffer(go_on);
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await asio::async_write(socket_, bytes, token);
  co_return error ? gone : whole;
}

/// Whoever lacks what opens an address has nothing kept of what it sends there.
Intake HttpConnection::ask_door(RequestParser& parser) {
  max_body_ = limits_.max_body_bytes;
  if (rules_.owner.door && !parser.is_done()) {
    Admittance admitted = rules_.owner.door(parser.request);
    max_body_ = std::min(max_body_, admitted.max_body_bytes);
    refusal_ = std::move(admitted.refusal);
    if (refusal_) return turned_away;
  }
  parser.body_limit(max_body_);  // of one in chunks: each says beforehand how long it is
  const auto announced = parser.content_length();
  return announced && *announced > max_body_ ? 413 : whole;
}

/// Whether what has come of the body still has room.
Intake HttpConnection::check_body(RequestParser& parser) {
  if (parser.request.body.size() > max_body_ && parser.is_header_done()) return 413;
  const std::string& body = parser.request.body;
  return body.empty() || share_->grow_to(body.capacity()) ? whole : 503;
}

Task<bool> HttpConnection::write(OutgoingResponse response, std::string head, std::size_t body_bytes) {
  limit(limits_.write_timeout);
  const std::array<asio::const_buffer, 2> parts = {asio::buffer(head), asio::buffer(response.body, body_bytes)};
  ErrorNumber error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await asio::async_write(socket_, parts, token);
  co_return !error;
}

Task<void> HttpConnection::refuse(Intake why, std::string date) {
  share_.reset();
  OutgoingResponse response = why == turned_away ? std::move(*refusal_) : plain_refusal(why);
  ResponseFraming framing = {.date = date, .connection = "close"};
  std::string head = encode_head(response, framing);
  const std::size_t body_bytes = response.body.size();
  const bool written = co_await write(std::move(response), std::move(head), body_bytes);
  if (!written) co_return;
  // Closing while the client still sends would destroy the answer on its way: what comes is read and dropped.
  ErrorNumber error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  co_await drop_what_comes();
}

/// Who still sends is heard out, as long as a whole request may take; who says nothing more is not waited for. Of
/// hundreds that send as fast as they can none shall cost the others their turns: what is dropped is not copied, and
/// there is a pause after each piece.
Task<void> HttpConnection::drop_what_comes() {
  static std::array<char, 64u << 10> nothing;  // as much as is dropped at once; never written, whoever uses it
  ErrorNumber error;
  const auto room = asio::buffer(nothing);
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const auto end = std::chrono::steady_clock::now() + limits_.read_timeout;
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    limit(std::min<Duration>(end - std::chrono::steady_clock::now(), std::chrono::seconds(2)));
    const bool undisturbed = co_await rules_.turns->take(piece_of_body);
    if (!undisturbed) co_return;
    co_await socket_.async_receive(room, MSG_TRUNC, token);
    if (error) co_return;
    co_await sleep_for(std::chrono::milliseconds(20));
  }
}

/// A body on its way.
struct HttpConnection::Stream {
  std::shared_ptr<BodySource> source;
  std::string head;
  bool chunked = true;  ///< else the end of the connection is the end of the body (HTTP/1.0)
  bool ended = false;
};

/// The client says nothing while it is answered, so that it has left is only learnt by listening: beside the task that
/// makes and sends the chunks, which is called off then.
Task<void> HttpConnection::stream(std::shared_ptr<BodySource> source, std::string head, bool chunked) {
  Stream stream{std::move(source), std::move(head), chunked};
  Scope sending(loop_);
  streaming_ = true;
  sending.spawn(send_chunks(stream));
  co_await listen_until_end(stream);
  co_await sending.stop();
  streaming_ = false;
}

/// Until the stream has ended or is not wanted any more.
Task<void> HttpConnection::listen_until_end(const Stream& stream) {
  std::array<char, 4096> dropped;
  const auto room = asio::buffer(dropped);
  ErrorNumber error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (!error && !stream.ended && !stopping_) co_await socket_.async_read_some(room, token);
}

/// The next chunk is asked for when the one before has left, so nothing is made ahead of a client that reads slowly.
Task<void> HttpConnection::send_chunks(Stream& stream) {
  bool goes_on = co_await send(stream.head);
  while (goes_on) goes_on = co_await send_next(stream);
  stream.ended = true;
  ErrorNumber error;
  socket_.cancel(error);  // nobody has to be listened to any longer
}

/// False after the last one, and where no more can be made or sent.
Task<bool> HttpConnection::send_next(Stream& stream) {
  auto chunk = co_await stream.source->next();
  const bool unwanted = co_await cancelled();
  if (unwanted) co_return false;
  if (!chunk) log(LogLevel::warning, "an answer was cut off: " + chunk.error().message);
  if (!chunk) co_return false;
  const bool last = chunk->empty();
  if (last && !stream.chunked) co_return false;
  std::string framed = stream.chunked ? encode_chunk(*chunk) : std::move(*chunk);
  const bool sent = co_await send(std::move(framed));
  co_return sent && !last;
}

Task<bool> HttpConnection::send(std::string text) {
  limit(limits_.write_timeout);
  const auto bytes = asio::buffer(text);
  ErrorNumber error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await asio::async_write(socket_, bytes, token);
  unlimit();  // how long the next chunk takes is its source's affair
  co_return !error;
}

}  // namespace millrace
