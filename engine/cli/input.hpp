#pragma once

#include <optional>
#include <string>

#include "base/files.hpp"
#include "base/result.hpp"
#include "cli/cli.hpp"
#include "secret/secret.hpp"
#include "value/time.hpp"
#include "value/value.hpp"

namespace millrace {

/// The whole of a file, or of stdin for "-", as one JSON document; `what` names it in errors: "the event".
Result<Value> read_json_input(const std::string& file, const std::string& what);

/// The time that somebody wants it to be, as --as-of says it; nothing, where it says none: the real one.
Result<std::optional<Timestamp>> read_as_of(const std::string& said);

/// Whether somebody at a terminal answers with "y". Nothing where nobody is there.
std::optional<bool> ask_yes(const std::string& question);

/// Asks, unless `yes` agrees beforehand. Where nobody agrees that is told, and what to end with is given; nothing: they
/// do. `act` is what --yes would be said for: "remove acme 1.0".
std::optional<ExitCode> not_agreed(bool yes, const std::string& question, const std::string& act);

/// What somebody types at the terminal, unseen, and twice. `cancelled` by Ctrl-C.
Result<Secret> ask_twice(const std::string& question);

/// A secret that somebody types so, or that another program writes to stdin, without the line ends behind it.
Result<Secret> read_secret(const std::string& question);

}  // namespace millrace
