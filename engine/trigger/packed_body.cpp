#include "trigger/packed_body.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "http/content_codings.hpp"

namespace millrace {

bool comes_packed(const IncomingRequest& request) { return !content_codings(request.headers).empty(); }

std::size_t room_before_proof(const IncomingRequest& request) {
  constexpr std::size_t growth = 20, least = 64u << 10;
  return std::min(largest_delivery, least + growth * request.body.size());
}

std::optional<Refusal> unpack(IncomingRequest& request, std::size_t most) {
  const std::vector<std::string> codings = content_codings(request.headers);
  if (codings.empty()) return std::nullopt;
  const auto unpacker = ContentUnpacker::of(codings);
  if (unpacker == nullptr)
    return Refusal{415, "invalid", "the body is packed in a way that is not read here: gzip and deflate are"};
  std::string body;
  const auto outcome = unpacker->add(request.body, body, most);
  if (outcome == ContentUnpacker::Outcome::too_large && most == largest_delivery)
    return Refusal{413, "invalid", "the body is larger than 4 MiB when it is unpacked"};
  if (outcome == ContentUnpacker::Outcome::too_large)
    return Refusal{413, "invalid",
                   "it grows more than twenty-fold, and so much is unpacked only of what is signed as it is packed"};
  if (outcome == ContentUnpacker::Outcome::broken || !unpacker->whole())
    return Refusal{400, "invalid", "the body is not packed as it says, or breaks off (" + join(codings, ", ") + ")"};
  request.body = std::move(body);
  request.headers.remove("Content-Encoding");  // what they say is not true of the body any more
  request.headers.remove("Content-Length");
  return std::nullopt;
}

}  // namespace millrace
