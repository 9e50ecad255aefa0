#include "base/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string_view>

#include "base/descriptor.hpp"

namespace millrace {

namespace {

constexpr char ctrl_c = 3, ctrl_d = 4, backspace = 8, ctrl_u = 21, ctrl_w = 23, erase = 127;

Descriptor open_terminal() noexcept { return Descriptor(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)); }

/// What a signal that ends the program has to put right before: -1, nothing.
volatile sig_atomic_t hidden_terminal = -1;
termios before_hidden = {};

void show_again() noexcept {
  const int terminal = hidden_terminal;
  if (terminal < 0) return;
  hidden_terminal = -1;
  ::tcsetattr(terminal, TCSANOW, &before_hidden);
}

void show_and_end(int signal) {
  show_again();
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

/// A terminal that shows nothing of what is typed, until it is as it was, also where the program is ended before. It
/// hands over each byte as it comes: what it gathers to lines itself it cuts, and tells nobody. Ctrl-C ends the line in
/// place of the program. One at a time.
class Hidden {
 public:
  explicit Hidden(int terminal) {
    if (::tcgetattr(terminal, &before_hidden) != 0) return;
    struct sigaction ending = {};
    ending.sa_handler = show_and_end;
    for (std::size_t i = 0; i < ends.size(); ++i) ::sigaction(ends[i], &ending, &handled_before_[i]);
    hidden_terminal = terminal;
    termios hidden = before_hidden;
    hidden.c_lflag &= static_cast<tcflag_t>(~(ECHO | ISIG | ICANON));
    hidden.c_cc[VMIN] = 1;
    hidden.c_cc[VTIME] = 0;
    quiet_ = ::tcsetattr(terminal, TCSAFLUSH, &hidden) == 0;
  }
  ~Hidden() {
    if (hidden_terminal < 0) return;
    show_again();
    for (std::size_t i = 0; i < ends.size(); ++i) ::sigaction(ends[i], &handled_before_[i], nullptr);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  bool quiet() const noexcept { return quiet_; }

 private:
  static constexpr std::array<int, 4> ends = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  std::array<struct sigaction, ends.size()> handled_before_ = {};
  bool quiet_ = false;
};

void say(int terminal, std::string_view text) { (void)!::write(terminal, text.data(), text.size()); }

void take_back_letter(std::string& line) {
  while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0u) == 0x80u) line.pop_back();
  if (!line.empty()) line.pop_back();
}

void take_back_word(std::string& line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  while (!line.empty() && line.back() != ' ') line.pop_back();
}

/// A line; what it ends with is left out, and `cancelled` where that is no line end. What is typed can be taken back as
/// terminals have it.
Result<std::string> read_line(int terminal) {
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t got = ::read(terminal, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == ctrl_c || c == ctrl_d) return Error{ErrorCode::cancelled, "nothing was said"};
    if (c == '\n' || c == '\r') return line;
    switch (c) {
      case erase:
      case backspace:
        take_back_letter(line);
        break;
      case ctrl_w:
        take_back_word(line);
        break;
      case ctrl_u:
        line.clear();
        break;
      default:
        line += c;
    }
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
