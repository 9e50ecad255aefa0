#include <re2/re2.h>

#include <map>
#include <memory>

#include "schema/schema.hpp"
#include "schema/words.hpp"

namespace millrace {
namespace {

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

}  // namespace

bool pattern_known(const std::string& pattern) { return RE2(pattern, quiet()).ok(); }

bool pattern_found(const std::string& pattern, std::string_view text) {
  // Each thread keeps what it has compiled: there are as many patterns as the schemas hold, and most are never asked
  // for.
  thread_local std::map<std::string, std::unique_ptr<const RE2>> compiled;
  std::unique_ptr<const RE2>& expression = compiled[pattern];
  if (!expression) expression = std::make_unique<const RE2>(pattern, quiet());
  return !expression->ok() || RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression);
}

}  // namespace millrace
