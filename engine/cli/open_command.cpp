#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/files.hpp"
#include "base/markup.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "host/service_file.hpp"

namespace millrace {

namespace {

constexpr unsigned readable_by_owner = 0600;

bool has_display() {
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

/// A page that leads on to the address. Everybody on the machine can read with what words a program was started, and
/// the code in the address is as good as the token; the file is the user's alone.
std::string page_to(const std::string& address) {
  const std::string there = in_markup(address);
  return "<!doctype html>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"0;url=" + there +
         "\">\n<title>Millrace</title>\n<p><a href=\"" + there + "\">Open the console</a></p>\n";
}

/// Whether a program took the file to show it.
bool shown(const std::string& file) {
  std::string program = "xdg-open", argument = file;
  char* arguments[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawnp(&child, program.c_str(), nullptr, nullptr, arguments, environ) != 0) return false;
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int open_command(const Session& session, const PeopleOptions& options) {
  const auto service = find_service(session.folder);
  if (!service) {
    complain(service.error());
    return exit_cannot_start;
  }
  if (!*service) {
    complain("no service runs for this project: \"millrace serve\" starts one, and prints where to open it");
    return exit_cannot_start;
  }
  const auto given = ask_service(**service, "POST", "session/codes", Value(Map()));
  if (!given) {
    complain(given.error());
    return exit_failed;
  }
  if (session.json) {
    print_json(*given);
    return exit_done;
  }
  const std::string address = given->text_or("address");
  if (!options.print && has_display()) {
    const std::string file = (session.folder / "state" / "enter.html").string();
    if (replace_file(file, page_to(address), readable_by_owner) && shown(std::filesystem::absolute(file).string())) {
      print("The console is opened in a browser. Where none appears, millrace open --print gives the address.");
      return exit_done;
    }
  }
  print(address);
  tell("It lets one browser in, once, within a minute.");
  return exit_done;
}

}  // namespace millrace
