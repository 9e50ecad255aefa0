#include "plugin/library_digest.hpp"

#include <fstream>
#include <iterator>

#include "crypto/digest.hpp"

namespace millrace {

Result<std::string> sha256_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const bool opened = stream.good();
  const std::string content(std::istreambuf_iterator<char>(stream), {});
  if (!opened || stream.bad()) return Error{ErrorCode::denied, file.string() + " cannot be read"};
  return fingerprint(content);
}

}  // namespace millrace
