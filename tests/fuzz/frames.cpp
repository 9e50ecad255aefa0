// What a program that runs a stranger's library says, by the engine's own reader: whatever it is, its calls end, and
// what the engine says is whole.
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "base/descriptor.hpp"
#include "base/log.hpp"
#include "fuzz.hpp"
#include "plugin/plugin_process.hpp"

using namespace millrace;

namespace {

constexpr pid_t no_process = std::numeric_limits<pid_t>::max();

/// Answers with what it was asked.
class Echo final : public CallServices {
 public:
  Task<Result<Value>> call_action(std::string, Value input) override { co_return input; }
  Task<Result<Value>> http(RequestParts request) override { co_return request.body; }
  Task<Result<Value>> write_file(std::string path, std::string) override { co_return Value(path); }
  Task<Result<Value>> read_state(std::string key) override { co_return Value::unknown(key); }
  Task<Result<Value>> write_state(std::string, Value value) override { co_return value; }
  Task<Result<Value>> swap_state(std::string, Value expected, Value) override { co_return expected; }
  Task<Result<Value>> announce(std::string, std::int64_t count) override { co_return Value(count); }
  Timestamp now() const override { return {1'700'000'000, 0}; }
};

/// Frames as the input spells them: kind, whose call, parts with their lengths; or bytes, as they come.
std::string frames_in(fuzz::Input input, std::uint64_t call) {
  if (input.choice(8) == 0) return std::string(input.rest());
  std::string bytes;
  while (!input.rest().empty()) {
    const auto kind = static_cast<frames::Kind>(input.choice(64));
    const std::uint64_t about = std::array<std::uint64_t, 4>{call, call, 0, call + 1024}[input.choice(4)];
    std::array<std::string_view, 4> parts;
    const std::size_t count = input.choice(parts.size() + 1);
    for (std::size_t i = 0; i < count; ++i) parts[i] = input.take(input.choice(256));
    std::string frame = frames::make(kind, about, {});
    for (std::size_t i = 0; i < count; ++i) {
      const auto size = static_cast<std::uint32_t>(parts[i].size());
      frame.append(reinterpret_cast<const char*>(&size), sizeof size).append(parts[i]);
    }
    const auto body = static_cast<std::uint32_t>(frame.size() - sizeof(frames::Head));
    frame.replace(0, sizeof body, reinterpret_cast<const char*>(&body), sizeof body);
    bytes += frame;
  }
  return bytes;
}

void check_what_was_said(int socket) {
  std::string said(std::size_t{1} << 20, '\0');
  const ssize_t got = ::recv(socket, said.data(), said.size(), MSG_DONTWAIT);
  std::string_view rest(said.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
  while (rest.size() >= sizeof(frames::Head)) {
    frames::Head head;
    std::memcpy(&head, rest.data(), sizeof head);
    fuzz::require(head.kind <= frames::Kind::zone, "the engine says what it can say");
    if (rest.size() - sizeof head < head.size) return;
    frames::Parts parts(rest.substr(sizeof head, head.size));
    if (head.kind == frames::Kind::answer) {
      (void)parts.number();
      (void)parts.number();
      (void)parts.text();
      fuzz::require(parts.whole(), "an answer is whole");
    }
    rest.remove_prefix(sizeof head + head.size);
  }
}

Task<void> converse(Loop& loop, const std::shared_ptr<CallHub>& hub, std::array<int, 2> ends, fuzz::Input input) {
  Echo services;
  Scope requests(loop);
  const auto call = PluginCall::start(hub, "fuzz", &services, &requests);
  if (input.choice(2) == 0) call->hear_with([](const Value&) -> Status { return Done{}; });
  const auto process = PluginProcess::with(loop, {.program = {}, .name = "fuzz", .folder = {}}, {no_process, ends[0]});
  process->begin(call, "fuzz.act", "{}");
  const std::string bytes = frames_in(input, reinterpret_cast<std::uintptr_t>(call->handle()));
  fuzz::require(
      ::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size()) ||
          bytes.empty(),
      "there is room for so much");
  ::shutdown(ends[1], SHUT_WR);
  while (!call->ended()) {
    const Deadline patience = Deadline::in(std::chrono::seconds(20));
    const bool undisturbed = co_await call->news().wait(patience);
    fuzz::require(undisturbed && (call->ended() || !patience.reached()), "a call ends with its process");
  }
  call->detach();
  co_await requests.stop();
  process->forget(*call);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Loop loop(1);
  static const auto hub = std::make_shared<CallHub>(loop);
  set_log_level(LogLevel::error);
  std::array<int, 2> ends = {};
  fuzz::require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0, "there are sockets");
  const Descriptor stranger(ends[1]);
  loop.run(converse(loop, hub, ends, fuzz::Input(data, size)));
  check_what_was_said(stranger.number());
  return 0;
}
