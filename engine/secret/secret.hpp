#pragma once

#include <string>
#include <utility>

namespace millrace {

/// A secret's text. It cannot be printed, compared or turned into a Value; only the gate reveals it, into a request.
class Secret {
 public:
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret();  ///< overwrites the text
  const std::string& reveal() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace millrace
