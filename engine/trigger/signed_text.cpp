#include "trigger/signed_text.hpp"

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "journal/journal.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::int64_t clock_difference = 5 * 60;  // seconds by which a sender's clock may be ahead of ours

std::string_view name_of(Hash hash) noexcept {
  switch (hash) {
    case Hash::sha1:
      return "sha1";
    case Hash::sha256:
      return "sha256";
    case Hash::sha512:
      return "sha512";
  }
  return "";
}

/// Of "sha256=<signature>" what stands behind it; the text itself where no name stands in front.
std::string_view without_name(Hash hash, std::string_view text) {
  for (const Hash each : {Hash::sha1, Hash::sha256, Hash::sha512}) {
    const std::string_view name = name_of(each);
    const bool named =
        text.size() > name.size() && text[name.size()] == '=' && lower(text.substr(0, name.size())) == name;
    if (named) return each == hash ? text.substr(name.size() + 1) : std::string_view();
  }
  return text;
}

std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace

SignedHeader read_signed_header(const KeyedHash& keyed, std::string_view header) {
  SignedHeader read;
  header = trim(header);
  if (keyed.field.empty()) {
    read.signatures.emplace_back(without_name(keyed.hash, header));
    return read;
  }
  while (!header.empty()) {
    const std::size_t end = std::min(header.find_first_of(",;"), header.size());
    const std::string_view part = trim(header.substr(0, end));
    header.remove_prefix(std::min(end + 1, header.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name = lower(trim(part.substr(0, equals)));
    const std::string_view value = trim(part.substr(equals + 1));
    if (name == keyed.field && read.signatures.size() < most_signatures) read.signatures.emplace_back(value);
    if (name == keyed.time && !read.time) read.time = value;
  }
  return read;
}

std::string signed_text(const KeyedHash& keyed, std::string_view time, std::string_view body) {
  std::string text;
  std::string_view pattern = keyed.signs;
  const auto place = [&](std::string_view name, std::string_view content) {
    if (!pattern.starts_with(name)) return false;
    text += content;
    pattern.remove_prefix(name.size());
    return true;
  };
  while (!pattern.empty()) {
    if (place("{timestamp}", time) || place("{body}", body)) continue;
    text += pattern.front();
    pattern.remove_prefix(1);
  }
  return text;
}

std::optional<std::string> decode_signature(const KeyedHash& keyed, std::string_view text) {
  return keyed.base64 ? decode_base64(text) : decode_hex(text);
}

std::optional<Timestamp> sent_at(std::string_view text) {
  constexpr std::int64_t first_of_milliseconds = 100'000'000'000;  // as seconds it is the year 5138
  if (text.empty() || text.size() > 40) return std::nullopt;
  if (text.find_first_not_of("0123456789") != std::string_view::npos) {
    const auto time = parse_timestamp(text);
    return time ? std::optional(*time) : std::nullopt;
  }
  if (text.size() > 14) return std::nullopt;
  std::int64_t number = 0;
  for (const char digit : text) number = number * 10 + (digit - '0');
  return Timestamp{number < first_of_milliseconds ? number : number / 1000, 0};
}

Status check_time(const std::string& what, Timestamp sent, Timestamp now) {
  if (sent.seconds > now.seconds + clock_difference) {
    return Error{ErrorCode::denied,
                 what + " lies more than five minutes in the future: the sender's clock, or ours, is wrong"};
  }
  // An id is remembered from the time when it came, which may be that much before the time that it says.
  const std::int64_t remembered = std::int64_t{days_of_ids} * 24 * 60 * 60 - clock_difference;
  if (sent.seconds < now.seconds - remembered) {
    return Error{ErrorCode::denied, what + " is older than the " + std::to_string(days_of_ids) +
                                        " days for which deliveries are remembered, so this one may have come before"};
  }
  return Done{};
}

}  // namespace millrace
