#include "logo.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto/base64.hpp"

namespace millrace::reports {

namespace {

constexpr std::string_view png_head = "\x89PNG\r\n\x1a\n";
constexpr std::size_t around_content = 12;  // the length of a part, its kind, its sum

/// The picture in base64: as it was given, or of the file of the project that was named; no dot stands in base64. Empty
/// where a plan has only planned the file.
std::string logo_in_base64(const std::string& logo, job::Call& call) {
  if (logo.find('.') == std::string::npos) return logo;
  try {
    const job::Json file = call.action("files.read", job::object("file", job::text(logo), "as", job::text("bytes")));
    return job::text_of(file, "content");
  } catch (const job::Failure& failure) {
    throw job::Failure{failure.code, "brand.logo: " + failure.message};
  }
}

/// REQUIRES: four bytes there.
std::uint32_t bytes_as_number(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(at, 4)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

/// The sum that stands behind each part of a PNG (CRC-32).
std::uint32_t sum_of_part(std::string_view part) {
  std::uint32_t sum = 0xFFFFFFFF;
  for (const char byte : part) {
    sum ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ ((sum & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~sum;
}

/// Whether all of its parts are there as they were written, up to its end.
bool is_whole(std::string_view png) {
  for (std::size_t at = png_head.size(); at + around_content <= png.size();) {
    const std::size_t length = bytes_as_number(png, at);
    if (length > png.size() - at - around_content) return false;
    const std::string_view part = png.substr(at + 4, length + 4);
    if (bytes_as_number(png, at + 8 + length) != sum_of_part(part)) return false;
    if (part.starts_with("IEND")) return true;
    at += around_content + length;
  }
  return false;
}

}  // namespace

std::string read_logo(const std::string& logo, job::Call& call) {
  const std::string in_base64 = logo_in_base64(logo, call);
  if (in_base64.empty()) return "";
  constexpr std::size_t width_at = 16, height_at = 20, head = 24;
  // A picture of a few kilobytes can say that it is as large as a house, and would be so in memory.
  constexpr unsigned most = 2000;
  std::string png = decode_base64(in_base64).value_or("");
  if (png.size() < head || !png.starts_with(png_head))
    throw job::Failure{"invalid",
                       "brand.logo: this is no PNG; give the path of one below the project's folder, such as logo.png"};
  const unsigned width = bytes_as_number(png, width_at), height = bytes_as_number(png, height_at);
  if (width > most || height > most)
    throw job::Failure{"invalid", "brand.logo: the picture is larger than 2000 by 2000 pixels"};
  // Here and not where it is drawn: a page would be sent with it, and only its reader would see.
  if (width == 0 || height == 0 || !is_whole(png))
    throw job::Failure{"invalid", "brand.logo: the PNG is broken; save the picture again"};
  return png;
}

}  // namespace millrace::reports
