#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "decider/effect_key.hpp"
#include "value/value.hpp"

namespace millrace {

// What can happen to a run with its writes: happening.hpp says what holds for all of these.

/// A write inside a step is about to leave.
struct EffectBegun {
  EffectKey key = {};
  std::string action = {};
  static constexpr std::string_view kind = "effect_begun";
  static void members(auto& self, auto&& visit) {
    visit(1, "key", self.key);
    visit(2, "action", self.action);
  }
};

struct EffectEnded {
  EffectKey key = {};
  Value output = {};
  std::optional<Error> failure = {};  ///< it failed for sure
  static constexpr std::string_view kind = "effect_ended";
  static void members(auto& self, auto&& visit) {
    visit(1, "key", self.key);
    visit(2, "output", self.output);
    visit(3, "failure", self.failure);
  }
};

struct ChangeMade {
  Value change;          ///< a line of the change list, as people see it
  std::string key = {};  ///< of its effect: what comes under it again is the same change
  Value taken_back_by =
      {};  ///< what taking it back needs, {connection, location, input, entry}; null where it cannot be
  static constexpr std::string_view kind = "change_made";
  static void members(auto& self, auto&& visit) {
    visit(1, "change", self.change);
    visit(2, "key", self.key);
    visit(3, "taken_back_by", self.taken_back_by);
  }
};

/// What a write is about to change was looked at, so that it can be put back as it was. Written before the write
/// leaves.
struct BeforeSeen {
  std::string key;  ///< of the effect; of several under one key the first counts
  Value seen;       ///< {before, carriers, untold}
  static constexpr std::string_view kind = "before_seen";
  static void members(auto& self, auto&& visit) {
    visit(1, "key", self.key);
    visit(2, "seen", self.seen);
  }
};

}  // namespace millrace
