// A plugin with one action for each way in which code can harm whoever runs it.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "abi/frames.hpp"
#include "abi/millrace_plugin.h"

namespace {

const mr_host* host = nullptr;
std::atomic<int> answers = 0;

mr_text text(std::string_view value) { return {value.data(), value.size()}; }
void finish(mr_call* call, const std::string& json) { host->finish(call, text(json)); }
void forget(void*, int, mr_text) {}
void count(void*, int, mr_text) { ++answers; }

/// The text of an input that is a JSON string.
std::string word(mr_text input) { return std::string(input.data, input.size).substr(1, input.size - 2); }

void die_where_told(void* context, int ok, mr_text answer) {
  if (ok == 0 || (answer.size == 1 && answer.data[0] == '1')) raise(SIGILL);
  host->finish(static_cast<mr_call*>(context), answer);
}

[[noreturn]] void sleep_for_good() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

void open_socket(mr_call* call) {
  const int made = socket(AF_INET, SOCK_STREAM, 0);
  finish(call, made >= 0 ? "\"open\"" : "\"" + std::string(std::strerror(errno)) + "\"");
}

void read_file(mr_call* call, const std::string& path) {
  const int opened = open(path.c_str(), O_RDONLY);
  finish(call, opened >= 0 ? "\"read\"" : "\"" + std::string(std::strerror(errno)) + "\"");
}

void send_raw(const std::string& bytes) {
  if (write(millrace::frames::socket_descriptor, bytes.data(), bytes.size()) < 0) raise(SIGABRT);
}

void leak(mr_call* call) {
  char* lost = static_cast<char*>(std::malloc(std::size_t{1} << 20));
  if (lost != nullptr) std::memset(lost, 1, std::size_t{1} << 20);
  finish(call, lost != nullptr ? "true" : "false");
}

void ask_much(mr_call* call) {
  answers = 0;
  for (int n = 0; n < 2000; ++n) host->read_state(call, text("key"), count, nullptr);
  while (answers < 2000) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  finish(call, std::to_string(answers));
}

/// The same with a hundred questions of a mebibyte each.
void ask_at_length(mr_call* call) {
  answers = 0;
  const std::string input = "\"" + std::string(std::size_t{1} << 20, 'x') + "\"";
  for (int n = 0; n < 100; ++n) host->call_action(call, text("things.list"), text(input), count, nullptr);
  while (answers < 100) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  finish(call, std::to_string(answers));
}

void tell_answer(void* context, int, mr_text answer) { host->finish(static_cast<mr_call*>(context), answer); }

/// Whatever it is told, all went well.
void tell_end(void* context, int, mr_text) { host->finish(static_cast<mr_call*>(context), text("\"done\"")); }

/// What only a trigger may say.
void emit_much(mr_call* call) {
  for (int n = 0; n < 10'000; ++n) host->emit(call, text("1"));
  host->finish(call, text("1"));
}

/// Frames that take long to read.
void emit_at_length(mr_call* call) {
  std::string event = "[1";
  for (int n = 1; n < 500'000; ++n) event += ",1";
  event += "]";
  for (int n = 0; n < 10; ++n) host->emit(call, text(event));
  host->finish(call, text("1"));
}

void keep_much(mr_call* call) {
  const std::string value = "\"" + std::string(std::size_t{5} << 20, 'x') + "\"";
  host->write_state(call, text("key"), text(value), tell_answer, call);
}

std::atomic<int> kept = 0;
void count_kept(void*, int ok, mr_text) {
  kept += ok;
  ++answers;
}

/// Writes a mebibyte under as many keys as it is told to, and tells how many it could.
void hoard(mr_call* call, int times) {
  answers = kept = 0;
  const std::string value = "\"" + std::string(std::size_t{1} << 20, 'x') + "\"";
  for (int n = 0; n < times; ++n)
    host->write_state(call, text("key" + std::to_string(n)), text(value), count_kept, nullptr);
  while (answers < times) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  finish(call, std::to_string(kept));
}

void* sleep_in_thread(void*) { sleep_for_good(); }

/// Threads whose stacks are too small to come to the limit of what it may have in memory.
void multiply() {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, std::size_t{64} << 10);
  for (int n = 0; n < 100; ++n) {
    pthread_t thread;
    pthread_create(&thread, &small, sleep_in_thread, nullptr);
  }
}

void begin(void*, mr_call* call, mr_text capability, mr_text input) {
  const std::string_view name(capability.data, capability.size);
  if (name == "echo") host->finish(call, input);
  if (name == "waits") host->call_action(call, text("things.list"), input, die_where_told, call);
  if (name == "dies") raise(SIGILL);
  if (name == "exits") _exit(86);
  if (name == "leaks") leak(call);
  if (name == "connects") open_socket(call);
  if (name == "reads") read_file(call, word(input));
  if (name == "garbage") send_raw(std::string(256, 'x'));
  if (name == "forges") {
    const std::uint64_t other = std::strtoull(std::string(input.data, input.size).c_str(), nullptr, 10);
    send_raw(millrace::frames::make(millrace::frames::Kind::finish, other, {"\"forged\""}));
    host->finish(call, input);
  }
  if (name == "blocks") {
    host->call_action(call, text("started"), input, forget, nullptr);
    sleep_for_good();
  }
  if (name == "floods") {
    for (int n = 0; n < 10'000; ++n) host->log(call, MR_LOG_INFO, text("again"));
    host->finish(call, input);
  }
  if (name == "asks_much") ask_much(call);
  if (name == "asks_at_length") ask_at_length(call);
  if (name == "fails_at_length") host->fail(call, text("internal"), text(std::string(std::size_t{1} << 20, 'x')));
  if (name == "keeps_much") keep_much(call);
  if (name == "hoards") hoard(call, std::atoi(std::string(input.data, input.size).c_str()));
  if (name == "removes") host->write_state(call, text("key0"), text("null"), tell_answer, call);
  if (name == "asks") host->call_action(call, text("things.list"), input, tell_end, call);
  if (name == "names_at_length") host->read_state(call, text(std::string(2000, 'k')), tell_answer, call);
  if (name == "emits") emit_much(call);
  if (name == "emits_at_length") emit_at_length(call);
  if (name == "multiplies") multiply();
}

void* open_wild(const mr_host* given, mr_call*, mr_text) {
  host = given;
  return &host;
}

void close_wild(void*) {}

const mr_plugin plugin = {sizeof(mr_plugin), MR_ABI_MAJOR, {"wild", 4}, open_wild, close_wild, begin, nullptr, 0};

}  // namespace

const mr_plugin* mr_plugin_entry() { return &plugin; }
