#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The forms in which a secret's value is looked for, by how the text is read then.
struct SecretForms {
  std::vector<std::string> plain;   ///< as it is, and with its own escapes undone
  std::vector<std::string> base64;  ///< as `base64_joined` reads
  std::vector<std::string> hex;     ///< as `hex_joined` reads
};

/// A value and the same as its carriers may spell it before they write it in any form: without the blanks around it,
/// in small letters, with other line ends, in Latin-1, and as whoever takes its bytes for Latin-1 passes them on.
std::vector<std::string> spellings_of(std::string_view value);

SecretForms forms_of(std::string_view value);

/// What is a secret by itself of an address that is one as a whole: what stands behind its host, and of that, of its
/// parts and of what stands before an "@" what looks like a key. Empty where it is no address.
std::vector<std::string> keys_in_address(std::string_view value);

}  // namespace millrace
