// The other end: what `millrace-plugin` makes of frames, and what the library is told then.
#include <cstring>
#include <string>

#include "fuzz.hpp"
#include "host.hpp"
#include "wire.hpp"

using namespace millrace;

namespace {

int questions = 0, answers = 0;

void count_answer(void*, int, mr_text) { ++answers; }

void check_table(std::uint64_t call, std::string_view said) {
  const mr_host& host = apart::host_table();
  mr_call* handle = apart::handle_of(call);
  const mr_text text = {said.data(), said.size()};
  const mr_text zone = host.time_zone(handle);
  fuzz::require(zone.data != nullptr, "there is always a text");
  (void)host.location_name(handle);
  (void)host.is_cancelled(handle);
  (void)host.utc_offset(handle, host.now(handle));
  if (questions < 1000) {
    ++questions;
    host.read_state(handle, text, count_answer, nullptr);
  }
}

}  // namespace

/// In place of the wire: a frame that leaves has to be whole.
void apart::send(const std::string& frame) {
  frames::Head head;
  fuzz::require(frame.size() >= sizeof head, "a frame has a head");
  std::memcpy(&head, frame.data(), sizeof head);
  fuzz::require(head.size == frame.size() - sizeof head, "a frame says its size");
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  apart::open_ends();
  fuzz::Input input(data, size);
  while (!input.rest().empty()) {
    frames::Head head;
    head.kind = static_cast<frames::Kind>(1 + input.choice(5));
    head.call = 2 + input.choice(3);
    const std::string_view body = input.take(input.choice(256));
    if (head.kind == frames::Kind::begin) {
      const auto [capability, text] = apart::call_begins(head.call, body);
      fuzz::require(capability.size() + text.size() <= body.size(), "texts are those of the frame");
    } else {
      fuzz::require(apart::hear(head, body) == (head.kind == frames::Kind::cancel), "a cancellation is told");
    }
    check_table(head.call, body);
  }
  const mr_host& host = apart::host_table();
  for (std::uint64_t call = 2; call < 5; ++call) host.finish(apart::handle_of(call), {"{}", 2});
  fuzz::require(answers <= questions, "a question has one answer");
  return 0;
}
