#pragma once

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
/// service. Where stderr is a terminal, lines stay as people read them.
void use_json_log();

/// Lines below this level are dropped. The foreground commands show warnings and errors only.
void set_log_level(LogLevel level);

}  // namespace millrace
