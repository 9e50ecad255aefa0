// A plugin with one action for each way in which a call can go, well or badly.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "abi/millrace_plugin.h"

namespace {

const mr_host* host = nullptr;
std::atomic<mr_call*> hanging = nullptr;
std::atomic<bool> closed = false;
std::atomic<int> stubborn = 0;  // calls that do not hear that they are cancelled
std::atomic<bool> released = false;

mr_text text(std::string_view value) { return {value.data(), value.size()}; }

struct Wait {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  int ok = 0;
  std::string result;
};

void take(void* context, int ok, mr_text result) {
  auto& wait = *static_cast<Wait*>(context);
  const std::lock_guard lock(wait.mutex);
  wait.ok = ok;
  wait.result.assign(result.data, result.size);
  wait.done = true;
  wait.changed.notify_one();
}

void finish_with(void* context, int ok, mr_text result) {
  auto* call = static_cast<mr_call*>(context);
  ok == 1 ? host->finish(call, result) : host->fail(call, text("internal"), result);
}

void forget(void*, int, mr_text) {}

void sleep_for_good() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

/// An answer's function that does not return.
void block(void* context, int, mr_text) {
  host->call_action(static_cast<mr_call*>(context), text("started"), text("1"), forget, nullptr);
  sleep_for_good();
}

void ask_and_wait(mr_call* call, mr_text input) {
  Wait wait;
  host->call_action(call, text("things.list"), input, take, &wait);
  std::unique_lock lock(wait.mutex);
  wait.changed.wait(lock, [&wait] { return wait.done; });
  wait.ok == 1 ? host->finish(call, text(wait.result)) : host->fail(call, text("cancelled"), text(wait.result));
}

void begin(void*, mr_call* call, mr_text capability, mr_text input) {
  const std::string_view name(capability.data, capability.size);
  const std::string copy(input.data, input.size);
  if (name == "echo") host->finish(call, input);
  if (name == "invents") host->finish(call, text("{\"$unknown\": \"what it likes\"}"));
  if (name == "twice") {
    host->finish(call, input);
    host->finish(call, text("2"));
    host->fail(call, text("internal"), text("3"));
  }
  if (name == "later") {
    std::thread([call, copy] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      host->finish(call, text(copy));
    }).detach();
  }
  if (name == "not_json") host->finish(call, text("{\"a\": 1,}"));
  if (name == "fails") host->fail(call, text("limited"), text("enough"));
  if (name == "fails_badly") host->fail(call, text("nonsense"), text("\xff\xfe"));
  if (name == "throws") throw 1;
  if (name == "asks") host->call_action(call, text("things.list"), input, finish_with, call);
  if (name == "asks_and_waits") ask_and_wait(call, input);
  if (name == "asks_nonsense") host->call_action(call, text("things.list"), text("nonsense"), finish_with, call);
  if (name == "asks_late") {
    host->finish(call, input);
    host->call_action(call, text("things.list"), input, forget, nullptr);
  }
  if (name == "sends") host->http(call, input, finish_with, call);
  if (name == "writes") host->write_file(call, text("a.txt"), text("content"), finish_with, call);
  if (name == "polls") {
    host->call_action(call, text("started"), input, forget, nullptr);
    while (host->is_cancelled(call) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    host->finish(call, text("\"stopped\""));
  }
  if (name == "ignores") {
    ++stubborn;
    host->call_action(call, text("started"), input, forget, nullptr);
    while (!released) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (--stubborn == 0) released = false;
    host->finish(call, text("\"released\""));
  }
  if (name == "stubborn") host->finish(call, text(std::to_string(stubborn)));
  if (name == "releases") {
    released = true;
    host->finish(call, input);
  }
  if (name == "never") host->call_action(call, text("started"), input, forget, nullptr);
  if (name == "blocks") {
    host->call_action(call, text("started"), input, forget, nullptr);
    sleep_for_good();
  }
  if (name == "blocks_behind_its_end") {
    host->finish(call, input);
    sleep_for_good();
  }
  if (name == "asks_and_blocks") host->call_action(call, text("things.list"), input, block, call);
  if (name == "hangs") {
    hanging = call;
    host->call_action(call, text("started"), input, forget, nullptr);
  }
  if (name == "lingers") {
    host->finish(call, input);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (closed) std::abort();
  }
}

void* open(const mr_host* given, mr_call* call, mr_text) {
  host = given;
  closed = false;
  // Nothing can be asked here, and asking does not block.
  host->read_state(call, text("key"), forget, nullptr);
  host->log(call, MR_LOG_DEBUG, text("opened"));
  return &host;
}

void close(void*) { closed = true; }

void cancel(void*, mr_call* call) {
  if (hanging.exchange(nullptr) == call) host->fail(call, text("cancelled"), text("stopped by cancel"));
}

const mr_plugin plugin = {sizeof(mr_plugin), MR_ABI_MAJOR, {"odd", 3}, open, close, begin, cancel, 0};

}  // namespace

const mr_plugin* mr_plugin_entry() { return &plugin; }
