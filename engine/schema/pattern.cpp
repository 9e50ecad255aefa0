#include <re2/re2.h>

#include <map>
#include <memory>

#include "schema/words.hpp"

namespace millrace {

bool pattern_found(const std::string& pattern, std::string_view text) {
  // Each thread keeps what it has compiled: there are as many patterns as the schemas hold, and most are never asked
  // for.
  thread_local std::map<std::string, std::unique_ptr<const RE2>> compiled;
  std::unique_ptr<const RE2>& expression = compiled[pattern];
  if (!expression) {
    RE2::Options options;
    options.set_log_errors(false);
    expression = std::make_unique<const RE2>(pattern, options);
  }
  return !expression->ok() || RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression);
}

}  // namespace millrace
