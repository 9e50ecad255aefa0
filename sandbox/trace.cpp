#include "trace.hpp"

#include "dice.hpp"
#include "value/json.hpp"

namespace millrace::sandbox {

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;  // FNV-1a, then mixed
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3u;
  return Dice(hash).roll();
}

std::string trace_id(const Value& request) {
  Dice dice(hash_of(encode_json(request)));
  std::string text;
  for (const std::size_t size : {8u, 4u, 4u, 4u, 12u}) text += (text.empty() ? "" : "-") + dice.hexadecimal(size);
  return text;
}

}  // namespace millrace::sandbox
