#include "http/egress.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// The addresses that begin with `bits` bits of `prefix`.
struct Range {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  std::string_view why;
};

// Where clouds hand out credentials to whoever asks from inside.
constexpr std::string_view link_local = "link-local", clouds_own = "a cloud's own";

// The special-purpose registries of IANA, without what is globally reachable.
constexpr std::array ranges_4 = {
    Range{{0}, 8, "of this host"},
    Range{{10}, 8, "private"},
    Range{{100, 100, 100, 200}, 32, clouds_own},
    Range{{100, 64}, 10, "private to a provider"},
    Range{{127}, 8, "loopback"},
    Range{{168, 63, 129, 16}, 32, clouds_own},  // Azure's, although it is public
    Range{{169, 254}, 16, link_local},          // 169.254.169.254 among them
    Range{{172, 16}, 12, "private"},
    Range{{192, 0, 0, 192}, 32, clouds_own},
    Range{{192, 0, 0}, 24, "reserved"},
    Range{{192, 0, 2}, 24, "reserved"},
    Range{{192, 88, 99}, 24, "reserved"},
    Range{{192, 168}, 16, "private"},
    Range{{198, 18}, 15, "reserved"},
    Range{{198, 51, 100}, 24, "reserved"},
    Range{{203, 0, 113}, 24, "reserved"},
    Range{{224}, 4, "multicast"},
    Range{{240}, 4, "reserved"},
};

constexpr std::array ranges_6 = {
    Range{{0x01, 0x00}, 64, "reserved"},
    Range{{0x20, 0x01, 0x00}, 23, "reserved"},
    Range{{0x20, 0x01, 0x0d, 0xb8}, 32, "reserved"},
    Range{{0x3f, 0xff}, 20, "reserved"},
    Range{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "private"},
    Range{{0x5f, 0x00}, 16, "reserved"},
    Range{{0xfd, 0, 0x0e, 0xc2}, 32, clouds_own},                                                // Amazon's
    Range{{0xfd, 0, 0, 0xc1, 0, 0, 0, 0, 0, 0, 0, 0, 0xa9, 0xfe, 0xa9, 0xfe}, 128, clouds_own},  // Oracle's
    Range{{0xfd, 0, 0, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x42}, 128, clouds_own},           // Scaleway's
    Range{{0xfd, 0x20, 0, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, clouds_own},     // Google's
    Range{{0xfc}, 7, "private"},
    Range{{0xfe, 0x80}, 10, link_local},
    Range{{0xfe, 0xc0}, 10, "private"},
    Range{{0xff}, 8, "multicast"},
};

/// Where an IPv4 address stands inside an IPv6 one.
struct Embedding {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  std::size_t offset;
};

constexpr std::array embeddings = {
    Embedding{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},  // mapped
    Embedding{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},        // translated
    Embedding{{0}, 96, 12},                                         // compatible
    Embedding{{0x00, 0x64, 0xff, 0x9b}, 96, 12},                    // NAT64
    Embedding{{0x20, 0x02}, 16, 2},                                 // 6to4
};

bool begins_with(Bytes address, Bytes prefix, unsigned bits) noexcept {
  const std::size_t whole = bits / 8;
  if (!std::equal(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(whole), address.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

template <std::size_t size>
std::optional<std::string_view> found_in(const std::array<Range, size>& ranges, Bytes address) noexcept {
  for (const Range& range : ranges) {
    if (begins_with(address, range.prefix, range.bits)) return range.why;
  }
  return std::nullopt;
}

std::optional<std::string_view> judge_6(Bytes address) noexcept {
  const auto all_but_last = address.first(15);
  if (std::all_of(all_but_last.begin(), all_but_last.end(), [](std::uint8_t byte) { return byte == 0; })) {
    if (address[15] == 1) return "loopback";
  }
  for (const Embedding& embedding : embeddings) {
    if (begins_with(address, embedding.prefix, embedding.bits)) {
      return found_in(ranges_4, address.subspan(embedding.offset, 4));
    }
  }
  return found_in(ranges_6, address);
}

}  // namespace

bool hands_out_credentials(std::string_view why) noexcept { return why == link_local || why == clouds_own; }

std::optional<std::string> why_unreachable(const EgressRights& rights, const std::string& host,
                                           const std::string& address) {
  const auto why = why_not_public(address);
  if (!why) return std::nullopt;
  const bool credentials = hands_out_credentials(*why);
  if (credentials ? rights.link_local_addresses : rights.private_addresses) return std::nullopt;
  if (*why == "loopback" && rights.loopback_addresses) return std::nullopt;
  const bool named = host != address && host != '[' + address + ']';
  const std::string refused = "address " + address + (named ? " of " + host : "") + " is " + std::string(*why) + ": ";
  if (!rights.left.empty())
    return refused + "a redirect led there out of the address of connection \"" + rights.left +
           "\", and what that may reach ends with its address";
  if (rights.connection.empty())
    return refused + "only a connection in millrace.yaml that names " + host + " may reach it";
  return refused + "connection \"" + rights.connection + "\" may reach it where millrace.yaml says " +
         (credentials ? "link_local: true" : "private: true") + " of it";
}

std::optional<std::string_view> why_not_public(const std::string& address) {
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return found_in(ranges_4, Bytes(bytes).first(4));
  const std::string without_zone = address.substr(0, address.find('%'));
  if (inet_pton(AF_INET6, without_zone.c_str(), bytes.data()) == 1) return judge_6(bytes);
  return "not an address";
}

}  // namespace millrace
