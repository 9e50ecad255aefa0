#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/content_coding.hpp"
#include "http/http_message.hpp"

namespace millrace {

/// What a message says that its body was packed with, one after the other, in small letters: Content-Encoding (RFC
/// 9110, 8.4). `identity` is none, and neither is the charset that some servers write there.
std::vector<std::string> content_codings(const HttpHeaders& headers);

/// Undoes the codings of one body, the last one first, while it comes in.
class ContentUnpacker {
 public:
  using Outcome = ContentDecoder::Outcome;
  /// Nobody packs a body more often, and each of them costs memory.
  static constexpr std::size_t most_codings = 4;

  /// nullptr where there is nothing to undo, one of them is not known, or they are too many: the body stays as it came.
  static std::unique_ptr<ContentUnpacker> of(const std::vector<std::string>& codings);

  /// As of `ContentDecoder`. What stands between two codings does not become longer than `most` either.
  Outcome add(std::string_view data, std::string& body, std::size_t most);
  bool whole() const noexcept;

 private:
  struct Layer {
    std::unique_ptr<ContentDecoder> decoder;
    std::size_t unpacked = 0;  // bytes
  };
  explicit ContentUnpacker(std::vector<Layer> layers);

  std::vector<Layer> layers_;  // the first is undone last, and is the body
};

}  // namespace millrace
