#include "base/terminal.hpp"

#include <doctest/doctest.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <thread>

using namespace millrace;

namespace {

/// A process with a terminal of its own, which asks there once and hands over what it was told.
class Person {
 public:
  Person() {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe(ends) == 0);
    process_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      const auto said = ask_hidden("What? ");
      const std::string told = said ? *said : "none: " + said.error().message;
      for (std::size_t at = 0; at < told.size();) {
        const ssize_t written = ::write(ends[1], told.data() + at, told.size() - at);
        if (written <= 0) break;
        at += static_cast<std::size_t>(written);
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    answer_ = ends[0];
    std::string shown;
    char c = 0;
    while (!shown.ends_with("What? ") && ::read(terminal_, &c, 1) == 1) shown += c;
  }
  ~Person() {
    ::close(answer_);
    ::close(terminal_);
  }
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;

  bool sees_what_is_typed() const {
    termios now = {};
    REQUIRE(::tcgetattr(terminal_, &now) == 0);
    return (now.c_lflag & ECHO) != 0 && (now.c_lflag & ICANON) != 0;
  }

  std::string told_when_typing(std::string_view text) {
    std::thread typing([this, text] {
      for (std::size_t at = 0; at < text.size();) {
        const ssize_t written = ::write(terminal_, text.data() + at, text.size() - at);
        if (written <= 0) return;
        at += static_cast<std::size_t>(written);
      }
    });
    std::string told;
    char part[4096];
    for (ssize_t got = 0; (got = ::read(answer_, part, sizeof part)) > 0;)
      told.append(part, static_cast<std::size_t>(got));
    typing.join();
    ::waitpid(process_, nullptr, 0);
    return told;
  }

  /// How it ended: the number of the signal.
  int end_with(int signal) {
    ::kill(process_, signal);
    int status = 0;
    ::waitpid(process_, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

 private:
  pid_t process_ = -1;
  int terminal_ = -1, answer_ = -1;
};

std::string told_when_typing(std::string_view text) { return Person().told_when_typing(text); }

}  // namespace

TEST_CASE("what is pasted at a terminal is taken whole, however long it is") {
  const std::string before(4095, 'a'), behind(20000, 'b');
  CHECK(told_when_typing(before + "c" + behind + "\n") == before + "c" + behind);
}

TEST_CASE("what is typed unseen can be taken back, by the letter, by the word and as a whole") {
  CHECK(told_when_typing("value\n") == "value");
  CHECK(told_when_typing("value\r") == "value");
  CHECK(told_when_typing("valv\177ue\n") == "value");
  CHECK(told_when_typing("val\u00e4\u20ac\b\177ue\n") == "value");
  CHECK(told_when_typing("\177\177value\n") == "value");
  CHECK(told_when_typing("my other  \027value\n") == "my value");
  CHECK(told_when_typing("another one\025value\n") == "value");
}

TEST_CASE("a question that is called off is answered by nothing, and the terminal is as before") {
  for (const char* end : {"\003", "\004", "half\003"}) {
    Person person;
    CHECK_FALSE(person.sees_what_is_typed());
    CHECK(person.told_when_typing(end) == "none: nothing was said");
    CHECK(person.sees_what_is_typed());
  }
}

TEST_CASE("a program that is ended while it asks leaves the terminal as it was") {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    Person person;
    CHECK_FALSE(person.sees_what_is_typed());
    CHECK(person.end_with(signal) == signal);
    CHECK(person.sees_what_is_typed());
  }
}
