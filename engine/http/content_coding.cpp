#include "http/content_coding.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace millrace {

namespace {

constexpr int either_wrapper = MAX_WBITS + 32;  // gzip's or zlib's: "deflate" means the second
constexpr int no_wrapper = -MAX_WBITS;          // what many servers send for "deflate"
constexpr unsigned char member_begins = 0x1F;   // each member of a gzip file

bool has_wrapper(std::string_view head) noexcept {
  const auto first = static_cast<unsigned char>(head[0]);
  const auto second = static_cast<unsigned char>(head[1]);
  const bool zlib = (first & 0x0FU) == Z_DEFLATED && (first * 256U + second) % 31 == 0;
  return zlib || (first == member_begins && second == 0x8B);
}

}  // namespace

struct ContentDecoder::Inner {
  ~Inner() { inflateEnd(&stream); }
  z_stream stream = {};
  std::string head;  // of a "deflate", until it tells how it is wrapped
  bool wrapper_known = false;
  bool begun = false;
  bool member_ended = false;  // of a gzip file, which may have several
  bool over = false;          // what follows belongs to nothing
};

ContentDecoder::ContentDecoder(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
ContentDecoder::~ContentDecoder() = default;

std::unique_ptr<ContentDecoder> ContentDecoder::of(std::string_view coding) {
  const std::string name = lower(trim(coding));
  if (name != "gzip" && name != "x-gzip" && name != "deflate") return nullptr;
  auto inner = std::make_unique<Inner>();
  if (inflateInit2(&inner->stream, either_wrapper) != Z_OK) return nullptr;
  inner->wrapper_known = name != "deflate";
  return std::unique_ptr<ContentDecoder>(new ContentDecoder(std::move(inner)));
}

ContentDecoder::Outcome ContentDecoder::add(std::string_view data, std::string& body, std::size_t most) {
  inner_->begun = inner_->begun || !data.empty();
  if (inner_->wrapper_known) return unpack(data, body, most);
  inner_->head += data;
  if (inner_->head.size() < 2) return Outcome::good;
  if (!has_wrapper(inner_->head) && inflateReset2(&inner_->stream, no_wrapper) != Z_OK) return Outcome::broken;
  inner_->wrapper_known = true;
  return unpack(std::exchange(inner_->head, {}), body, most);
}

ContentDecoder::Outcome ContentDecoder::unpack(std::string_view data, std::string& body, std::size_t most) {
  z_stream& stream = inner_->stream;
  // The library takes what it only reads without `const`.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  std::array<char, 16384> part;
  bool full = false;
  while (stream.avail_in > 0 || full) {
    if (inner_->member_ended) {
      // Told by one byte, since the next may come later. What is no member is padding, as unpackers take it.
      inner_->over = inner_->over || *stream.next_in != member_begins;
      if (inner_->over) return Outcome::good;
      if (inflateReset(&stream) != Z_OK) return Outcome::broken;
    }
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return Outcome::broken;
    const std::size_t count = part.size() - stream.avail_out;
    if (count > most - std::min(body.size(), most)) return Outcome::too_large;
    body.append(part.data(), count);
    inner_->member_ended = result == Z_STREAM_END;
    full = stream.avail_out == 0 && !inner_->member_ended;
  }
  return Outcome::good;
}

bool ContentDecoder::whole() const noexcept { return inner_->member_ended || !inner_->begun; }

}  // namespace millrace
