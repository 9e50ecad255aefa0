#include "crypto/sha1.hpp"

#include <boost/uuid/detail/sha1.hpp>

namespace millrace {

std::string sha1(std::initializer_list<std::string_view> parts) {
  boost::uuids::detail::sha1 hash;
  for (const std::string_view part : parts) hash.process_bytes(part.data(), part.size());
  unsigned int words[5] = {};
  hash.get_digest(words);
  std::string digest;
  for (const unsigned int word : words) {
    for (int shift = 24; shift >= 0; shift -= 8) digest += static_cast<char>(word >> shift & 0xFF);
  }
  return digest;
}

}  // namespace millrace
