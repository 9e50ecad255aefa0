#include "base/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/descriptor.hpp"

namespace millrace {

namespace {

constexpr char ctrl_c = 3, ctrl_d = 4;

Descriptor open_terminal() noexcept { return Descriptor(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)); }

/// A terminal that shows nothing of what is typed, until it is as it was. Ctrl-C ends the line in place of the program,
/// so that the terminal is put right before that ends.
class Hidden {
 public:
  explicit Hidden(int terminal) : terminal_(terminal), known_(::tcgetattr(terminal, &before_) == 0) {
    termios hidden = before_;
    hidden.c_lflag &= static_cast<tcflag_t>(~(ECHO | ISIG));
    hidden.c_cc[VEOL] = ctrl_c;
    quiet_ = known_ && ::tcsetattr(terminal, TCSAFLUSH, &hidden) == 0;
  }
  ~Hidden() {
    if (known_) ::tcsetattr(terminal_, TCSANOW, &before_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  bool quiet() const noexcept { return quiet_; }

 private:
  int terminal_;
  termios before_ = {};
  bool known_;
  bool quiet_ = false;
};

void say(int terminal, std::string_view text) { (void)!::write(terminal, text.data(), text.size()); }

/// A line; what it ends with is left out, and `cancelled` where that is no line end.
Result<std::string> read_line(int terminal) {
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t got = ::read(terminal, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == ctrl_c || c == ctrl_d) return Error{ErrorCode::cancelled, "nothing was said"};
    if (c == '\n') return line;
    line += c;
  }
}

}  // namespace

bool has_terminal() noexcept { return static_cast<bool>(open_terminal()); }

Result<std::string> ask_hidden(const std::string& question) {
  const Descriptor terminal = open_terminal();
  if (!terminal) return Error{ErrorCode::unavailable, "there is no terminal to ask at"};
  const Hidden hidden(terminal.number());
  if (!hidden.quiet()) return Error{ErrorCode::unavailable, "the terminal cannot be kept from showing what is typed"};
  say(terminal.number(), question);
  auto line = read_line(terminal.number());
  say(terminal.number(), "\n");
  return line;
}

}  // namespace millrace
