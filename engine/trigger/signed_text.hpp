#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "value/value.hpp"
#include "workflow/verifier.hpp"

namespace millrace {

/// So many signatures of one delivery are looked at. Senders give two while their key changes; each more costs us work
/// that a stranger decides on.
inline constexpr std::size_t most_signatures = 16;

/// What a header says of one delivery.
struct SignedHeader {
  std::vector<std::string> signatures;   ///< as they stand there, `most_signatures` at most
  std::optional<std::string_view> time;  ///< where the header holds it
};

/// Fields are separated by commas or semicolons ("t=1,v1=a"), their names are compared without regard to case; so is
/// the name of the hash in front of a signature that stands alone ("SHA256=a"). One under the name of another hash is
/// none: the sender does not choose how it is proved.
SignedHeader read_signed_header(const KeyedHash& keyed, std::string_view header);

/// What the sender has signed.
std::string signed_text(const KeyedHash& keyed, std::string_view time, std::string_view body);

/// A signature as `keyed` has it encoded; nothing where it is not.
std::optional<std::string> decode_signature(const KeyedHash& keyed, std::string_view text);

/// A time that senders prove: Unix seconds or milliseconds, digits only, because another text of the same number would
/// be signed as another text; or RFC 3339.
std::optional<Timestamp> sent_at(std::string_view text);

/// Refuses (`denied`) what comes from the future by more than five minutes, and what is older than ids are remembered:
/// nobody could tell whether it had come before. Whatever is late but younger is kept. `what` names the time.
Status check_time(const std::string& what, Timestamp sent, Timestamp now);

}  // namespace millrace
