#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Replaces the values of secrets in text by their handles, in every form that a value takes on its way out: plain, in
/// hexadecimal digits and base64, alone or behind a prefix ("user:<value>"); of an address what stands behind its host;
/// and each of these as whoever carried it has escaped it for an address, a form, JSON or HTML, or for one in another.
class Redactor {
 public:
  /// From now on `value` is replaced by `handle`. What was added stays, so an older value of the same handle does too.
  void add(std::string_view handle, std::string_view value);
  void redact(std::string& text) const;

 private:
  struct Form {
    std::string handle;
    std::string value;  // as it was added
    std::string needle;
    std::vector<std::string> carried;  // the same where escapes have been undone
    bool as_word = false;
  };
  std::vector<Form> forms_;  // longest needle first, so that a secret within a secret does not break the outer one
};

}  // namespace millrace
