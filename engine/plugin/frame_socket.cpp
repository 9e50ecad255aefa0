#include "plugin/frame_socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "async/asio_loop.hpp"
#include "base/thread_time.hpp"

namespace millrace {

namespace {

/// So much is read before others have their turn.
constexpr std::size_t gulp = std::size_t{256} << 10;

/// Who takes more processor time at once waits several times as long before it is read again.
constexpr Duration long_turn = std::chrono::milliseconds(5);
constexpr int rest_per_turn = 4;

/// A program that does not read is not waited for beyond this.
constexpr std::size_t most_unsent = std::size_t{128} << 20;

}  // namespace

struct FrameSocket::Inner : std::enable_shared_from_this<Inner> {
  Inner(boost::asio::io_context& context, int descriptor)
      : socket(context, descriptor), patience(context), rest(context), second(context) {}

  void watch();
  void watch_for_room();
  bool read_some();
  bool read_in_turn();
  void tick();
  bool take_frames();
  bool write_some();
  void lose(std::string_view rule);

  boost::asio::posix::stream_descriptor socket;
  boost::asio::steady_timer patience, rest, second;
  Hear hear;
  Lost lost;
  std::function<void()> look;
  std::string unread, unsent;
  bool resting = false;  // it has had its time
  bool held = false, watching = false, watching_for_room = false;
};

FrameSocket::FrameSocket(Loop& loop, int descriptor, Hear hear, Lost lost)
    : inner_(std::make_shared<Inner>(context_of(loop), descriptor)) {
  inner_->hear = std::move(hear);
  inner_->lost = std::move(lost);
  inner_->watch();
}

FrameSocket::~FrameSocket() { close(); }

void FrameSocket::close() {
  inner_->hear = nullptr;
  inner_->lost = nullptr;
  inner_->look = nullptr;
  boost::system::error_code ignored;
  inner_->socket.close(ignored);
  for (boost::asio::steady_timer* each : {&inner_->patience, &inner_->rest, &inner_->second}) each->cancel();
}

void FrameSocket::each_second(std::function<void()> look) {
  inner_->look = std::move(look);
  inner_->tick();
}

void FrameSocket::Inner::tick() {
  second.expires_after(std::chrono::seconds(1));
  second.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || !self->look) return;
    const auto look_now = self->look;  // which may close this
    look_now();
    if (self->look) self->tick();
  });
}

void FrameSocket::send(std::string frame) {
  if (inner_->unsent.empty()) {
    inner_->unsent = std::move(frame);
  } else {
    inner_->unsent += frame;
  }
  if (inner_->unsent.size() > most_unsent) return inner_->lose("it does not read what it asked for");
  if (!inner_->watching_for_room && !inner_->write_some()) inner_->lose("");
}

void FrameSocket::hold() { inner_->held = true; }

void FrameSocket::go_on() {
  if (!std::exchange(inner_->held, false)) return;
  boost::asio::post(inner_->socket.get_executor(), [self = inner_] {
    if (self->take_frames()) self->watch();
  });
}

void FrameSocket::lose_in(Duration time) {
  inner_->patience.expires_after(time);
  inner_->patience.async_wait([weak = inner_->weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && self->lost) self->lose("its calls did not end in time");
  });
}

void FrameSocket::hear_now(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.at() - steady_now());
  pollfd readable = {inner_->socket.native_handle(), POLLIN, 0};
  const auto self = inner_;
  if (::poll(&readable, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) > 0) self->read_some();
}

void FrameSocket::Inner::watch() {
  if (watching || held || resting || !socket.is_open()) return;
  watching = true;
  socket.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [self = shared_from_this()](const boost::system::error_code& error) {
                      self->watching = false;
                      if (!error && self->read_in_turn()) self->watch();
                    });
}

bool FrameSocket::Inner::read_in_turn() {
  const Duration begun = thread_time();
  const bool more = read_some();
  const Duration took = thread_time() - begun;
  if (!more || took < long_turn) return more;
  resting = true;
  rest.expires_after(took * rest_per_turn);
  rest.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->resting = false;
    self->watch();
  });
  return false;
}

/// False where there is nothing to watch for any more.
bool FrameSocket::Inner::read_some() {
  std::array<char, 16384> piece;
  for (std::size_t taken = 0; taken < gulp && !held && socket.is_open();) {
    const ssize_t got = ::recv(socket.native_handle(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) return lose(""), false;
    taken += static_cast<std::size_t>(got);
    unread.append(piece.data(), static_cast<std::size_t>(got));
    if (!take_frames()) return false;
  }
  return socket.is_open();
}

bool FrameSocket::Inner::take_frames() {
  const Hear listener = hear;  // hearing may close this
  std::size_t at = 0;
  frames::Head head;
  while (!held && hear && unread.size() - at >= sizeof head) {
    std::memcpy(&head, unread.data() + at, sizeof head);
    if (head.size > frames::most_bytes) return lose("it sent a frame of more than 64 MiB"), false;
    if (unread.size() - at - sizeof head < head.size) break;
    const std::string_view body(unread.data() + at + sizeof head, head.size);
    at += sizeof head + head.size;
    if (!listener(head, body)) return lose("it sent a broken frame"), false;
  }
  unread.erase(0, at);
  return socket.is_open();
}

bool FrameSocket::Inner::write_some() {
  std::size_t written = 0;
  while (written < unsent.size()) {
    const ssize_t more =
        ::send(socket.native_handle(), unsent.data() + written, unsent.size() - written, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0 && errno != EAGAIN) return false;
    if (more < 0) break;
    written += static_cast<std::size_t>(more);
  }
  unsent.erase(0, written);
  if (!unsent.empty()) watch_for_room();
  return true;
}

void FrameSocket::Inner::watch_for_room() {
  watching_for_room = true;
  socket.async_wait(boost::asio::posix::descriptor_base::wait_write,
                    [self = shared_from_this()](const boost::system::error_code& error) {
                      self->watching_for_room = false;
                      if (!error && self->socket.is_open() && !self->write_some()) self->lose("");
                    });
}

void FrameSocket::Inner::lose(std::string_view rule) {
  const Lost tell = std::exchange(lost, nullptr);
  hear = nullptr;
  boost::system::error_code ignored;
  socket.close(ignored);
  if (tell) tell(rule);
}

}  // namespace millrace
