#include "http/curl_multi.hpp"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/asio_loop.hpp"

namespace millrace {

namespace asio = boost::asio;

/// libcurl's sockets live in an epoll set of their own, and the loop watches that set alone: sockets come and go with
/// one system call, and none has an object here that could outlive it.
struct CurlMulti::Inner : std::enable_shared_from_this<Inner> {
  using Clock = std::chrono::steady_clock;

  explicit Inner(asio::io_context& context) : set(context), timer(context) {}
  ~Inner() {
    if (multi != nullptr) libcurl().multi_cleanup(multi);
  }
  Inner(const Inner&) = delete;
  Inner& operator=(const Inner&) = delete;

  Status begin();
  void watch();
  void serve_sockets();
  void act(curl_socket_t socket, int events);
  static int change_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* known) noexcept;
  static int change_timer(CURLM* multi, long milliseconds, void* self) noexcept;
  void act_soon();
  void arm(Clock::time_point time);

  asio::posix::stream_descriptor set;
  asio::steady_timer timer;
  std::optional<Clock::time_point> due;    // when libcurl wants to be called
  std::optional<Clock::time_point> armed;  // when the timer goes off: not behind `due`
  bool posted = false;
  CURLM* multi = nullptr;
  std::vector<std::unique_ptr<CURL, CurlFree>> spare;
};

namespace {

/// To make a handle and to free it costs a tenth of a request; each holds some 10 KiB.
constexpr std::size_t most_spare = 16;

Error own_failure(const std::string& what) { return Error{ErrorCode::internal, "cannot send HTTP requests: " + what}; }

}  // namespace

Status CurlMulti::Inner::begin() {
  TRY(load_libcurl());
  const int descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) return own_failure(std::strerror(errno));
  set.assign(descriptor);
  multi = libcurl().multi_init();
  if (multi == nullptr) return own_failure("out of memory");
  libcurl().multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &change_socket);
  libcurl().multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  libcurl().multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &change_timer);
  libcurl().multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  libcurl().multi_setopt(multi, CURLMOPT_MAXCONNECTS, 64L);
  watch();
  return Done{};
}

void CurlMulti::Inner::watch() {
  set.async_wait(asio::posix::descriptor_base::wait_read,
                 [weak = weak_from_this()](const boost::system::error_code& error) {
                   const auto self = weak.lock();
                   if (error || !self) return;
                   self->serve_sockets();
                   self->watch();
                 });
}

void CurlMulti::Inner::serve_sockets() {
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(set.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  for (std::size_t i = 0; std::cmp_less(i, count); ++i) {
    const std::uint32_t seen = events[i].events;
    int bits = 0;
    if ((seen & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) bits |= CURL_CSELECT_IN;
    if ((seen & EPOLLOUT) != 0) bits |= CURL_CSELECT_OUT;
    if ((seen & EPOLLERR) != 0) bits |= CURL_CSELECT_ERR;
    act(events[i].data.fd, bits);
  }
}

/// Lets libcurl do what it can, then tells those whose request has ended.
void CurlMulti::Inner::act(curl_socket_t socket, int events) {
  int running = 0;
  libcurl().multi_socket_action(multi, socket, events, &running);
  int left = 0;
  while (CURLMsg* message = libcurl().multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;  // read before the handle is removed, which frees the message
    void* listener = nullptr;
    libcurl().easy_getinfo(easy, CURLINFO_PRIVATE, &listener);
    libcurl().multi_remove_handle(multi, easy);
    static_cast<Listener*>(listener)->finished(code);
  }
}

int CurlMulti::Inner::change_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) noexcept {
  auto& inner = *static_cast<Inner*>(self);
  const int set = inner.set.native_handle();
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(set, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event = {};
  event.data.fd = socket;
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  const bool first = known == nullptr;
  // A number that libcurl closed without a word may have come back: then "add" and "modify" change places.
  if (epoll_ctl(set, first ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event) != 0) {
    epoll_ctl(set, first ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
  }
  if (first) libcurl().multi_assign(inner.multi, socket, self);
  return 0;
}

/// libcurl wants to be called at once with each new request, and moves its one timer with each answer. Setting a timer
/// of the system costs more than the rest of a request on this side, so "at once" goes through the loop's queue, and a
/// timer that would only move back stays where it is.
int CurlMulti::Inner::change_timer(CURLM*, long milliseconds, void* self) noexcept {
  auto& inner = *static_cast<Inner*>(self);
  inner.due.reset();
  if (milliseconds == 0) {
    inner.act_soon();
  } else if (milliseconds > 0) {
    inner.due = Clock::now() + std::chrono::milliseconds(milliseconds);
    if (!inner.armed || *inner.due < *inner.armed) inner.arm(*inner.due);
  }
  return 0;
}

void CurlMulti::Inner::act_soon() {
  if (std::exchange(posted, true)) return;
  asio::post(timer.get_executor(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->posted = false;
    self->act(CURL_SOCKET_TIMEOUT, 0);
  });
}

void CurlMulti::Inner::arm(Clock::time_point time) {
  armed = time;
  timer.expires_at(time);
  timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->armed.reset();
    if (!self->due) return;
    if (*self->due > Clock::now()) return self->arm(*self->due);
    self->due.reset();
    self->act(CURL_SOCKET_TIMEOUT, 0);
  });
}

CurlMulti::CurlMulti(std::shared_ptr<Inner> inner) : inner_(std::move(inner)) {}
CurlMulti::~CurlMulti() = default;

Result<std::unique_ptr<CurlMulti>> CurlMulti::open(Loop& loop) {
  auto inner = std::make_shared<Inner>(context_of(loop));
  TRY(inner->begin());
  return std::unique_ptr<CurlMulti>(new CurlMulti(std::move(inner)));
}

std::unique_ptr<CURL, CurlFree> CurlMulti::take_handle() {
  auto& spare = inner_->spare;
  if (spare.empty()) return std::unique_ptr<CURL, CurlFree>(libcurl().easy_init());
  auto easy = std::move(spare.back());
  spare.pop_back();
  return easy;
}

void CurlMulti::give_back(std::unique_ptr<CURL, CurlFree> easy) {
  if (!easy || inner_->spare.size() >= most_spare) return;
  libcurl().easy_reset(easy.get());
  inner_->spare.push_back(std::move(easy));
}

Status CurlMulti::add(CURL* easy, Listener& listener) {
  libcurl().easy_setopt(easy, CURLOPT_PRIVATE, static_cast<void*>(&listener));
  const CURLMcode code = libcurl().multi_add_handle(inner_->multi, easy);
  if (code != CURLM_OK) return own_failure(libcurl().multi_strerror(code));
  return Done{};
}

void CurlMulti::remove(CURL* easy) { libcurl().multi_remove_handle(inner_->multi, easy); }

}  // namespace millrace
