#include "lsp/framing.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace millrace::lsp {
namespace {

/// The bytes of the message that these lines announce; nothing where they do not.
std::optional<std::size_t> announced(std::string_view head) {
  std::optional<std::size_t> length;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = trim(head.substr(0, end));
    head.remove_prefix(std::min(end + 1, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    if (lower(trim(line.substr(0, colon))) != "content-length") continue;
    const std::string_view digits = trim(line.substr(colon + 1));
    std::size_t value = 0;
    const auto [last, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (failure != std::errc() || last != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    length = value;
  }
  return length;
}

struct Head {
  std::size_t size;    ///< of the lines
  std::size_t behind;  ///< where the message begins
};

std::optional<Head> head_of(std::string_view text) {
  // What is behind it may be most of a large message, which comes part by part.
  text = text.substr(0, largest_head);
  const std::size_t proper = text.find("\r\n\r\n"), short_one = text.find("\n\n");
  if (proper == std::string_view::npos && short_one == std::string_view::npos) return std::nullopt;
  if (proper < short_one) return Head{proper, proper + 4};
  return Head{short_one, short_one + 2};
}

}  // namespace

std::optional<FrameReader::Frame> FrameReader::refuse(std::string why, std::size_t upto) {
  pending_.erase(0, upto);
  return Frame{"", std::move(why)};
}

std::optional<FrameReader::Frame> FrameReader::next() {
  const std::size_t skipped = std::min(skip_, pending_.size());
  pending_.erase(0, skipped);
  skip_ -= skipped;
  if (lost_ || skip_ > 0 || pending_.empty()) return std::nullopt;
  const auto head = head_of(pending_);
  if (!head) {
    if (pending_.size() <= largest_head) return std::nullopt;
    lost_ = true;
    return refuse("no Content-Length was found where a message begins", pending_.size());
  }
  const auto length = announced(std::string_view(pending_).substr(0, head->size));
  if (!length) return refuse("the lines above a message do not say its Content-Length", head->behind);
  if (*length > largest_message) {
    skip_ = *length;
    return refuse("a message of " + std::to_string(*length) +
                      " bytes is too large: " + std::to_string(largest_message) + " at most",
                  head->behind);
  }
  if (pending_.size() - head->behind < *length) return std::nullopt;
  Frame frame = {pending_.substr(head->behind, *length)};
  pending_.erase(0, head->behind + *length);
  return frame;
}

std::string framed(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace millrace::lsp
