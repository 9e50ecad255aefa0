#include "secret/redactor.hpp"

#include <algorithm>
#include <cctype>

#include "secret/escapes.hpp"
#include "secret/forms.hpp"
#include "secret/readings.hpp"

namespace millrace {

namespace {

constexpr std::size_t shortest_as_word = 3;

/// So often the escapes of those who carried a text are undone, unless nothing is left to be undone before.
constexpr std::size_t most_layers = 8;

bool word_character(char c) noexcept { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool stands_alone(std::string_view text, std::size_t at, std::size_t length) noexcept {
  const bool left = at == 0 || !word_character(text[at - 1]);
  const bool right = at + length >= text.size() || !word_character(text[at + length]);
  return left && right;
}

/// Takes what was found in a reading back to the text that was read.
void take_back(const TextReading& reading, std::string_view text, std::vector<Sighting>& found) {
  std::vector<Span> places;
  for (const Sighting& each : found) places.push_back(each.where);
  reading.find_back(text, places);
  for (std::size_t i = 0; i < places.size(); ++i) found[i].where = places[i];
}

}  // namespace

/// A text, and what it is with its escapes undone once, twice, ...; and what was found in any of them, as places of it.
class Redactor::Layers {
 public:
  Layers(const Redactor& secrets, std::string_view text) : secrets_(secrets), text_(text) {}

  std::vector<Sighting> search() {
    found_ = secrets_.words_in(text_);
    do {
      take(secrets_.plain_.find_in(deepest()));
      take(secrets_.plain_.find_cut_in(deepest()));
      look(mail_undone, secrets_.plain_);
      look(base64_joined, secrets_.base64_);
      look(hex_joined, secrets_.hex_);
    } while (go_deeper());
    unite(found_);
    return std::move(found_);
  }

 private:
  std::string_view deepest() const { return plain_.empty() ? text_ : plain_.back(); }

  /// Looks one layer deeper; false where there is none.
  bool go_deeper() {
    if (plain_.size() == most_layers || !escapes_undone.undoes_any(deepest())) return false;
    std::string plain = unescaped(deepest());
    if (plain == deepest()) return false;
    plain_.push_back(std::move(plain));
    return true;
  }

  void look(const TextReading& reading, const Needles& needles) {
    if (needles.empty() || !reading.undoes_any(deepest())) return;
    const std::string said = reading.read(deepest());
    if (&needles == &secrets_.plain_ && said.size() == deepest().size()) return;  // nothing was undone
    std::vector<Sighting> found = needles.find_in(said);
    if (found.empty()) return;
    take_back(reading, deepest(), found);
    take(std::move(found));
  }

  void take(std::vector<Sighting> found) {
    if (found.empty()) return;
    for (std::size_t layer = plain_.size(); layer > 0; --layer)
      take_back(escapes_undone, layer == 1 ? text_ : plain_[layer - 2], found);
    found_.insert(found_.end(), found.begin(), found.end());
  }

  const Redactor& secrets_;
  const std::string_view text_;
  std::vector<std::string> plain_;
  std::vector<Sighting> found_;
};

void Redactor::add(std::string_view handle, std::string_view value) {
  if (value.size() < shortest_as_word || !known_.emplace(handle, value).second) return;
  handles_.emplace_back(handle);
  for (const std::string& spelling : spellings_of(value)) add_value(spelling, handles_.size() - 1);
  for (const std::string& key : keys_in_address(value)) add_value(key, handles_.size() - 1);
}

void Redactor::add_value(std::string_view value, std::size_t whose) {
  if (value.size() < shortest_as_word) return;
  if (value.size() < Needles::shortest) {
    words_.push_back({std::string(value), whose});
    return;
  }
  SecretForms forms = forms_of(value);
  for (std::string& form : forms.plain) plain_.add(std::move(form), whose);
  for (std::string& form : forms.base64) base64_.add(std::move(form), whose);
  for (std::string& form : forms.hex) hex_.add(std::move(form), whose);
}

std::vector<Sighting> Redactor::words_in(std::string_view text) const {
  std::vector<Sighting> found;
  for (const Word& word : words_) {
    const std::size_t size = word.text.size();
    for (std::size_t at = 0; (at = text.find(word.text, at)) != std::string_view::npos; at += size) {
      if (stands_alone(text, at, size)) found.push_back({{at, at + size}, word.whose});
    }
  }
  return found;
}

/// In one piece, because who repeats a secret may do so a million times.
bool Redactor::finds_handle(std::string_view text) const {
  return std::any_of(handles_.begin(), handles_.end(),
                     [text](const std::string& handle) { return text.find(handle) != std::string_view::npos; });
}

void Redactor::redact(std::string& text) const {
  if (!knows_any()) return;
  const std::vector<Sighting> found = Layers(*this, text).search();
  if (found.empty()) return;
  std::string redacted;
  std::size_t at = 0;
  for (const Sighting& each : found) {
    redacted.append(text, at, each.where.begin - at).append(handles_[each.whose]);
    at = each.where.end;
  }
  text = std::move(redacted.append(text, at));
}

}  // namespace millrace
