#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace millrace {

/// Undoes one content coding (RFC 9110, 8.4) while the body comes in, so that neither a large body nor one that only
/// grows when it is unpacked is ever held twice.
class ContentDecoder {
 public:
  /// What a request says that it takes: the value of Accept-Encoding.
  static constexpr std::string_view accepted = "gzip, deflate";

  /// nullptr where the coding is none that is known; its body stays as it came.
  static std::unique_ptr<ContentDecoder> of(std::string_view coding);
  ~ContentDecoder();
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;

  enum class Outcome : std::uint8_t { good, broken, too_large };
  /// Unpacks `data` to the end of `body`, which does not become longer than `most`.
  Outcome add(std::string_view data, std::string& body, std::size_t most);
  /// Whether what came was whole; nothing at all is a body without content.
  bool whole() const noexcept;

 private:
  struct Inner;
  explicit ContentDecoder(std::unique_ptr<Inner> inner);
  Outcome unpack(std::string_view data, std::string& body, std::size_t most);

  std::unique_ptr<Inner> inner_;
};

}  // namespace millrace
