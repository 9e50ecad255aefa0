#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Text that a person wrote, kept so that messages can quote it.
struct SourceText {
  std::string name;  ///< the path as the person would type it, such as "workflows/hello.yaml"
  std::string text;
};

/// A place in text the user wrote. Lines and columns count from one, as editors do; columns count characters.
struct SourceMark {
  std::shared_ptr<const SourceText> source;
  int line = 0;
  int column = 0;
  int length = 1;  ///< how many characters the caret underlines
};

enum class ErrorCode : std::uint8_t {
  invalid,      ///< what was asked makes no sense; asking again will not help
  not_found,    ///< the thing named does not exist
  conflict,     ///< the world is not in the state that was expected
  denied,       ///< not allowed: token, scope, permission, egress rule
  timeout,      ///< no answer in time
  cancelled,    ///< somebody called it off
  unavailable,  ///< the far side is down or asks to come back later
  limited,      ///< a safety limit of the workflow stopped it
  unsure,       ///< it is not known whether it happened: the request left, no answer came
  internal,     ///< our own mistake
  unconnected,  ///< nothing was done: a person has to connect to the far side first. Codes are stored by number
};

std::string_view name_of(ErrorCode code) noexcept;
std::optional<ErrorCode> code_named(std::string_view name) noexcept;

/// Why something could not be done, in words for the person who wrote the workflow.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;                // lower case, no full stop: it gets quoted inside other messages
  std::optional<SourceMark> at = {};  // set when the cause is in a file the user can edit

  /// The same error, seen from further out: `within("step 'fetch'")` gives "step 'fetch': <message>".
  Error within(std::string_view place) const;
};

enum class Severity : std::uint8_t { error, warning, hint };

std::string_view name_of(Severity severity) noexcept;

/// One thing wrong in a file, as `millrace check` reports it.
struct Finding {
  Severity severity = Severity::error;
  std::string rule;  ///< kebab-case, such as "unknown-action"
  std::string message;
  SourceMark at;
  std::optional<std::string> suggestion = {};  ///< what should stand at `at` in place of its `length` characters

  /// The whole line with the suggestion in place, or nothing where there is none.
  std::optional<std::string> corrected_line() const;
};

/// The finding as people read it:
///
///     workflows/hello.yaml:7:15: error: no step "fetsh", did you mean "fetch"? [unknown-name]
///         7 |     text: ${{ fetsh.body }}
///           |               ^^^^^ fetch
///       fix |     text: ${{ fetch.body }}
///
/// The suggestion beside the caret is left out where it is long; "fix" where there is none. No line end at the end.
std::string render(const Finding& finding);

/// An error in the same form; without a mark only "error: <message>".
std::string render(const Error& error);

}  // namespace millrace
