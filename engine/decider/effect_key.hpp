#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "decider/status.hpp"

namespace millrace {

/// Behind a step's path in the text of a key: which repetition it is of.
constexpr char repetition_mark = '~';

/// Under which a run's ledger knows a write: the step it is of, and where a library does several of them, which one. In
/// the store it is its text. Receivers know a write by another name, which outlives the store (runtime's
/// `IdempotencyKeys`).
struct EffectKey {
  std::string run = {};
  StepPath step = {};
  std::size_t repetition = 0;  ///< how often a person has asked for the step once more, although it was done
  std::string inside = {};     ///< "/<what was asked>#<how often before>"; empty: the step itself
  auto operator<=>(const EffectKey&) const = default;
};

std::string render(const EffectKey& key);  ///< "r06f5k2m9tq3c/0/2~1/5feceb66ffc86f38#0"
/// The key of that text. What is no step's path stands in `inside`, so every text is some key, and the same again when
/// it is rendered.
EffectKey parse_effect_key(std::string_view text);

}  // namespace millrace
