#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "secret/needles.hpp"

namespace millrace {

/// Replaces the values of secrets in text by their handles, in every form that a value takes on its way out: plain, in
/// hexadecimal digits and base64, alone or behind a prefix ("user:<value>"), once or twice, in lines or in one; of an
/// address what stands behind its host, and what in it looks like a key; and each of these as whoever carried it has
/// escaped it for an address, a form, JSON, HTML, mail or a program, or for one in another, up to eight deep.
class Redactor {
 public:
  /// From now on `value` is replaced by `handle`. What was added stays, so an older value of the same handle does too.
  void add(std::string_view handle, std::string_view value);
  bool knows_any() const noexcept { return !known_.empty(); }
  void redact(std::string& text) const;
  /// Whether a handle stands in it of which a value is known, as where one was replaced.
  bool finds_handle(std::string_view text) const;

 private:
  /// A value that is too short to be looked for within words.
  struct Word {
    std::string text;
    std::size_t whose = 0;
  };
  class Layers;
  void add_value(std::string_view value, std::size_t whose);
  std::vector<Sighting> words_in(std::string_view text) const;

  std::set<std::pair<std::string, std::string>, std::less<>> known_;
  std::vector<std::string> handles_;
  std::vector<Word> words_;
  Needles plain_, base64_, hex_{2 * Needles::shortest};
};

}  // namespace millrace
