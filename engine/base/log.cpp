// spdlog's headers alone: as a library it has 1,500 names, which every start of the program would bind.
#undef SPDLOG_COMPILED_LIB
#undef SPDLOG_SHARED_LIB

#include "base/log.hpp"

#include <limits.h>
#include <poll.h>
#include <spdlog/details/console_globals.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace millrace {
namespace {

spdlog::level::level_enum level_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::unique_ptr<spdlog::logger> open_logger() {
  const bool plain = std::getenv("NO_COLOR") != nullptr;
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(plain ? spdlog::color_mode::never
                                                                          : spdlog::color_mode::automatic);
  auto logger = std::make_unique<spdlog::logger>("millrace", std::move(sink));
  // A person at a terminal knows what time it is; a file does not.
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  logger->set_pattern(terminal ? "%^%l%$: %v" : "%Y-%m-%dT%H:%M:%S.%eZ %l: %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::info);
  logger->flush_on(spdlog::level::debug);
  return logger;
}

spdlog::logger& logger() {
  static const std::unique_ptr<spdlog::logger> opened = open_logger();
  return *opened;
}

bool json_lines = false;  // set once, before the first line

std::string json_quoted(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string json = "\"";
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      json += '\\';
      json += letter;
    } else if (letter == '\n') {
      json += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      json += "\\u00";
      json += digits[byte >> 4];
      json += digits[byte & 0xF];
    } else {
      json += letter;
    }
  }
  return printable(json + "\"");  // the same JSON
}

std::string line_of(std::string_view message, const LogFields& fields) {
  std::string line = json_lines ? "\"message\":" + json_quoted(valid_utf8(message) ? message : "a line that is no text")
                                : printable(message);
  for (const auto& [name, text] : fields) {
    if (json_lines) {
      line += "," + json_quoted(name) + ":" + json_quoted(valid_utf8(text) ? text : "?");
    } else {
      line += " " + printable(name) + "=" + printable(text);
    }
  }
  return line;
}

/// Lines on stderr that nobody has to read: what does not go at once is left out, and how much that was is said as soon
/// as somebody reads again.
class UnreadSink final : public spdlog::sinks::base_sink<spdlog::details::console_mutex::mutex_t> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (left_out_ > 0) {
      const std::string told = line_of(std::to_string(left_out_) + " lines before this were left out: nobody read", {});
      if (!put({"", spdlog::level::warn, told})) {
        ++left_out_;
        return;
      }
      left_out_ = 0;
    }
    if (!put(message)) ++left_out_;
  }
  void flush_() override {}

 private:
  bool put(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    if (torn_) line.push_back('\n');
    formatter_->format(message, line);
    const std::size_t written = write_what_goes(STDERR_FILENO, {line.data(), line.size()});
    if (written > 0) torn_ = written < line.size();
    return written == line.size();
  }
  std::size_t left_out_ = 0;
  bool torn_ = false;
};

}  // namespace

std::size_t write_what_goes(int descriptor, std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    pollfd room = {descriptor, POLLOUT, 0};
    const int ready = ::poll(&room, 1, 0);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || (room.revents & POLLOUT) == 0) break;
    // A pipe that says so takes this much without waiting.
    const ssize_t taken =
        ::write(descriptor, text.data() + written, std::min<std::size_t>(text.size() - written, PIPE_BUF));
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) break;
    written += static_cast<std::size_t>(taken);
  }
  return written;
}

void log(LogLevel level, std::string_view message) { log(level, message, {}); }

void log(LogLevel level, std::string_view message, const LogFields& fields) {
  try {
    if (logger().should_log(level_of(level)))
      logger().log(level_of(level), spdlog::string_view_t(line_of(message, fields)));
  } catch (const std::exception&) {
    // A line that cannot be written must not end the run that wanted to write it.
  }
}

void use_service_log() {
  logger().sinks() = {std::make_shared<UnreadSink>()};
  if (::isatty(STDERR_FILENO) == 1) return logger().set_pattern("%l: %v");
  json_lines = true;
  logger().set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc);
}

void set_log_level(LogLevel level) { logger().set_level(level_of(level)); }

}  // namespace millrace
