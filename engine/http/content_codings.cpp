#include "http/content_codings.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace millrace {

namespace {

bool is_no_coding(std::string_view name) noexcept {
  return name.empty() || name == "identity" || name == "none" || name == "utf-8" || name == "utf8";
}

}  // namespace

std::vector<std::string> content_codings(const HttpHeaders& headers) {
  std::vector<std::string> codings;
  for (const auto& [name, value] : headers) {
    if (lower(name) != "content-encoding") continue;
    for (const std::string& each : split(value, ',')) {
      std::string coding = lower(trim(each));
      if (!is_no_coding(coding)) codings.push_back(std::move(coding));
    }
  }
  return codings;
}

ContentUnpacker::ContentUnpacker(std::vector<Layer> layers) : layers_(std::move(layers)) {}

std::unique_ptr<ContentUnpacker> ContentUnpacker::of(const std::vector<std::string>& codings) {
  if (codings.empty() || codings.size() > most_codings) return nullptr;
  std::vector<Layer> layers;
  for (const std::string& coding : codings) {
    layers.push_back({ContentDecoder::of(coding)});
    if (layers.back().decoder == nullptr) return nullptr;
  }
  return std::unique_ptr<ContentUnpacker>(new ContentUnpacker(std::move(layers)));
}

ContentUnpacker::Outcome ContentUnpacker::add(std::string_view data, std::string& body, std::size_t most) {
  std::string packed;  // what one layer gives to the next
  for (std::size_t at = layers_.size(); at-- > 1;) {
    Layer& layer = layers_[at];
    std::string unpacked;
    const Outcome outcome = layer.decoder->add(data, unpacked, most - layer.unpacked);
    if (outcome != Outcome::good) return outcome;
    layer.unpacked += unpacked.size();
    packed = std::move(unpacked);
    data = packed;
  }
  return layers_.front().decoder->add(data, body, most);
}

bool ContentUnpacker::whole() const noexcept {
  return std::all_of(layers_.begin(), layers_.end(), [](const Layer& layer) { return layer.decoder->whole(); });
}

}  // namespace millrace
