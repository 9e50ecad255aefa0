// Runs one plugin's library in a cage, for an engine at the other end of a socket (docs/plugins.md). It is started by
// the engine alone: the socket and the library, in memory that nobody can change, are inherited.
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "abi/frames.hpp"
#include "abi/load_table.hpp"
#include "base/sanitized.hpp"
#include "cage/cage.hpp"
#include "host.hpp"
#include "wire.hpp"

namespace millrace::apart {
namespace {

using frames::Kind;

/// Memory of a thread counts although it is hardly used.
constexpr std::size_t stack_bytes = std::size_t{1} << 20;

struct Plugin {
  const mr_plugin* table = nullptr;
  void* self = nullptr;
};

[[noreturn]] void refuse(std::string_view code, const std::string& message) {
  send(frames::make(Kind::refused, 0, {code, message}));
  _exit(1);
}

Plugin open_plugin(const std::string& name) {
  const std::string file = "/proc/self/fd/" + std::to_string(frames::library_descriptor);
  const LoadedTable loaded = load_table(file.c_str(), name);
  if (loaded.table == nullptr) refuse("invalid", loaded.problem);
  close(frames::library_descriptor);
  void* self = nullptr;
  try {
    self = loaded.table->open(&host_table(), handle_of(opening), {"{}", 2});
  } catch (...) {
    refuse("internal", "it could not be opened: an exception escaped");
  }
  const OpenFailure failure = open_failure();
  if (failure.failed) refuse(failure.code, "it could not be opened: " + failure.message);
  if (self == nullptr) refuse("internal", "it could not be opened and gave no reason");
  open_ends();
  return {loaded.table, self};
}

/// Threads take turns at the socket, and the one that has read a call carries it out. So no call is handed from thread
/// to thread, and there are only as many threads as calls that block.
class Turns {
 public:
  Turns(const Plugin& plugin, std::string name) : plugin_(plugin), name_(std::move(name)) {}

  [[noreturn]] void serve() {
    for (;;) {
      ++waiting_;
      std::unique_lock turn(turn_);
      --waiting_;
      frames::Head head;
      std::string body;
      receive(head, body);
      if (head.kind != Kind::begin) {
        if (hear(head, body)) cancel(head.call);  // within the turn: answers and cancellations keep their order
      } else if (somebody_reads_on()) {
        turn.unlock();
        carry_out(head.call, body);
      } else {
        send(frames::make(Kind::fail, head.call, {"unavailable", "there is no room for another thread"}));
      }
    }
  }

 private:
  bool somebody_reads_on() {
    if (waiting_ > 0) return true;
    try {
      std::thread([this] { serve(); }).detach();
    } catch (...) {
      return false;
    }
    return true;
  }

  void cancel(std::uint64_t call) {
    if (!MR_HAS(plugin_.table, cancel) || plugin_.table->cancel == nullptr) return;
    try {
      plugin_.table->cancel(plugin_.self, handle_of(call));
    } catch (...) {
      const frames::Number error(MR_LOG_ERROR);
      send(frames::make(Kind::log, call, {error, "it let an exception escape from cancel"}));
    }
  }

  void carry_out(std::uint64_t call, const std::string& body) {
    const auto [capability, input] = call_begins(call, body);
    try {
      plugin_.table->begin(plugin_.self, handle_of(call), {capability.data(), capability.size()},
                           {input.data(), input.size()});
    } catch (...) {
      send(frames::make(Kind::fail, call, {"internal", "the plugin \"" + name_ + "\" let an exception escape"}));
    }
  }

  const Plugin plugin_;
  const std::string name_;
  std::mutex turn_;
  std::atomic<int> waiting_ = 0;  // for the turn
};

/// The engine's end is ours, also where the socket does not tell it.
void end_with(pid_t engine) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != engine) _exit(0);
}

void use_small_stacks() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

}  // namespace
}  // namespace millrace::apart

/// NAME FOLDER ENGINE DATA-BYTES FILES-UNGUARDED MOST-LANDLOCK. Without a name it loads nothing, and tells of the cage.
int main(int count, char** words) {
  using namespace millrace;
  using namespace millrace::apart;
  if (count != 7) return 2;
  const std::string name = words[1];
  end_with(std::atoi(words[3]));
  use_small_stacks();
  CageRules rules;
  rules.readable = {words[2]};
  rules.data_bytes = std::strtoull(words[4], nullptr, 10);
  rules.files_unguarded = std::atoi(words[5]) != 0;
  rules.most_landlock = std::atoi(words[6]);
  if constexpr (sanitized) {
    rules.data_bytes = ~std::uint64_t{0};
    rules.readable.emplace_back("/proc/self/maps");  // of which it asks where its stack lies
  }
  const CageReport cage = put_cage_on(rules);
  if (name.empty()) {
    const std::string words = described(cage);
    return write(frames::socket_descriptor, words.data(), words.size()) == static_cast<ssize_t>(words.size()) ? 0 : 1;
  }
  if (!cage.refusal.empty()) refuse("denied", "it cannot be kept apart: " + cage.refusal);
  const Plugin plugin = open_plugin(name);
  Turns turns(plugin, name);
  send(frames::make(frames::Kind::ready, 0, {frames::Number(times_in_milliseconds(*plugin.table))}));
  turns.serve();
}
