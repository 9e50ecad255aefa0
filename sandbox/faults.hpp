#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"
#include "base/duration.hpp"
#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

/// What goes wrong with the next `count` requests that fit.
struct Fault {
  enum class Drop : unsigned char { no, before, after };  ///< `after`: what was asked is done, but no answer comes

  std::string path = "*";     ///< as sent, and everything below it; a '*' stands for any characters
  std::string method;         ///< empty for any
  std::int64_t count = 1;     ///< 0 for every request until the faults are reset
  Duration delay{};           ///< before anything else
  std::optional<int> status;  ///< answered in place of what was asked, which is not done
  std::string message;        ///< of that answer, where another one than the usual
  std::vector<std::pair<std::string, std::string>> headers;  ///< further ones of that answer
  std::optional<std::string> text;                           ///< the body of that answer, which is then not JSON
  Drop drop = Drop::no;
  std::optional<std::int64_t> truncate;  ///< done, but only so many bytes of the answer come; -1 for half of them

  bool fits(std::string_view for_method, std::string_view for_path) const;
};

/// Reads what `POST /_sandbox/faults` takes: one fault, or a list of them.
Result<std::vector<Fault>> read_faults(const Value& value);

/// The answer of a fault with a status, in the published shape of that status.
OutgoingResponse answer_of(const Fault& fault);

class Faults {
 public:
  void add(std::vector<Fault> faults);
  /// The oldest fault that fits; it counts as used.
  std::optional<Fault> take(std::string_view method, std::string_view path);
  void reset() { waiting_.clear(); }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  std::vector<Fault> waiting_;
};

}  // namespace millrace::sandbox
