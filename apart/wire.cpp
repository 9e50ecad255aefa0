#include "wire.hpp"

#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "cage/cage.hpp"

namespace millrace::apart {
namespace {

std::mutex sending;

void write_all(const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(frames::socket_descriptor, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(0);
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

void read_all(char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t got = read(frames::socket_descriptor, data, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) _exit(0);
    data += got;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace

void send(const std::string& frame) {
  const std::lock_guard lock(sending);
  const std::string tried = take_tried();
  if (!tried.empty()) {
    const std::string told = frames::make(frames::Kind::tried, 0, {tried});
    write_all(told.data(), told.size());
  }
  write_all(frame.data(), frame.size());
}

void receive(frames::Head& head, std::string& body) {
  read_all(reinterpret_cast<char*>(&head), sizeof head);
  body.resize(head.size);
  read_all(body.data(), body.size());
}

}  // namespace millrace::apart
