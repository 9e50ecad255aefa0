#include "plugin/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <string_view>

namespace millrace {

Result<std::string> sha256_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  bool good = stream.good() && context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::array<char, 65536> buffer;
  while (good && stream) {
    stream.read(buffer.data(), buffer.size());
    good = EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(stream.gcount())) == 1;
  }
  std::array<unsigned char, 32> digest;
  good = good && stream.eof() && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  if (!good) return Error{ErrorCode::denied, file.string() + " cannot be read"};

  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

}  // namespace millrace
