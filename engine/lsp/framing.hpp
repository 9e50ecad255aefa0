#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::lsp {

/// A message may be this large, in bytes: a file of a project in JSON's escapes, several times over.
constexpr std::size_t largest_message = 8u << 20;
/// So may the lines above it.
constexpr std::size_t largest_head = 4u << 10;

/// Takes messages out of a stream of bytes: "Content-Length: 12", an empty line, and so many bytes.
class FrameReader {
 public:
  /// A message; or, where `fault` says why, what stood there was none.
  struct Frame {
    std::string body;
    std::string fault = {};
  };

  void feed(std::string_view bytes) { pending_ += bytes; }
  /// The next message that is there as a whole. What cannot be a message is skipped up to where the next may begin, and
  /// told once.
  std::optional<Frame> next();
  /// The stream cannot be followed any more: a length was beyond all bounds.
  bool lost() const noexcept { return lost_; }

 private:
  std::optional<Frame> refuse(std::string why, std::size_t upto);

  std::string pending_;
  std::size_t skip_ = 0;  ///< bytes of a message that was refused, and are still to come
  bool lost_ = false;
};

/// The message with its length in front.
std::string framed(std::string_view body);

}  // namespace millrace::lsp
