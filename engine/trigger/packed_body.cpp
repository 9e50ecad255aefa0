#include "trigger/packed_body.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "http/content_coding.hpp"

namespace millrace {

namespace {

/// How the body is packed, in small letters; empty where it is not.
std::string coding_of(const IncomingRequest& request) {
  const std::string* said = request.headers.find("Content-Encoding");
  const std::string coding = said == nullptr ? "" : lower(trim(*said));
  return coding == "identity" ? "" : coding;
}

}  // namespace

bool comes_packed(const IncomingRequest& request) { return !coding_of(request).empty(); }

std::size_t room_before_proof(const IncomingRequest& request) {
  constexpr std::size_t growth = 20, least = 64u << 10;
  return std::min(largest_delivery, least + growth * request.body.size());
}

std::optional<Refusal> unpack(IncomingRequest& request, std::size_t most) {
  const std::string coding = coding_of(request);
  if (coding.empty()) return std::nullopt;
  const auto decoder = ContentDecoder::of(coding);
  if (decoder == nullptr)
    return Refusal{415, "invalid", "the body is packed in a way that is not read here: gzip and deflate are"};
  std::string body;
  const auto outcome = decoder->add(request.body, body, most);
  if (outcome == ContentDecoder::Outcome::too_large)
    return Refusal{413, "invalid", "the body is larger than 4 MiB when it is unpacked"};
  if (outcome == ContentDecoder::Outcome::broken || !decoder->whole())
    return Refusal{400, "invalid", "the body is not packed as it says, or breaks off (" + coding + ")"};
  request.body = std::move(body);
  request.headers.remove("Content-Encoding");  // what they say is not true of the body any more
  request.headers.remove("Content-Length");
  return std::nullopt;
}

}  // namespace millrace
