#include "plugin/cage_here.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.hpp"
#include "plugin/launch.hpp"

namespace millrace {

std::string cage_here() {
  const std::string none = "strangers' plugins are not loaded here: ";
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Launch order;
  order.program = program_beside_this();
  order.folder = order.program.parent_path();
  order.library = nothing.number();
  order.files_unguarded = true;  // asked for to hear of seccomp, too, where there is no Landlock
  const auto launched = launch(order);
  if (!launched) return none + launched.error().message;
  const Descriptor socket(launched->socket);
  std::string said;
  char piece[1024];
  for (ssize_t got = 0; (got = ::read(socket.number(), piece, sizeof piece)) > 0 || (got < 0 && errno == EINTR);)
    said.append(piece, got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::string end = reap(launched->process);
  return said.empty() ? none + order.program.string() + " " + end : said;
}

}  // namespace millrace
