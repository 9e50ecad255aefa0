#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

enum class LogLevel : unsigned char { debug, info, warning, error };

/// Writes one line to stderr. Any thread. Callers never pass a secret: redaction has happened before.
void log(LogLevel level, std::string_view message);

/// What belongs to a line: names with their texts.
using LogFields = std::vector<std::pair<std::string_view, std::string_view>>;
void log(LogLevel level, std::string_view message, const LogFields& fields);

/// From now on each line is a JSON object with time, level, message and its fields: for what reads the lines of a
/// service. Where stderr is a terminal, lines stay as people read them. Nobody has to read them: lines that stderr does
/// not take at once are left out, and their number is told later.
void use_service_log();

/// Writes as much of the text as the descriptor takes without anybody reading from its other end; gives how much that
/// was.
std::size_t write_what_goes(int descriptor, std::string_view text);

/// Lines below this level are dropped. The foreground commands show warnings and errors only.
void set_log_level(LogLevel level);

}  // namespace millrace
