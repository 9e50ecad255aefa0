#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prose/sentence.hpp"

namespace millrace {

/// A step of an explained workflow with where it stands.
struct PlacedStep {
  const Sentence* step = nullptr;
  std::string heading;                ///< the part of the workflow: "actions", "on_failure" or "always"
  std::optional<std::size_t> parent;  ///< the step around it, by its place in the list
  std::string inside;                 ///< the part of that in which it stands: "else 1"
};

/// All steps below the headings, each before those inside it.
std::vector<PlacedStep> placed_steps(const Sentence& explained);

/// For each step of `now` the one of `before` that it was: of the same id, else one that says all the same, else one
/// that does the same thing, else a block of the same kind; each only once.
std::vector<std::optional<std::size_t>> match_steps(const std::vector<PlacedStep>& before,
                                                    const std::vector<PlacedStep>& now);

/// Of matched steps, those that are not where they were: beside other steps, or around them.
std::vector<bool> moved_steps(const std::vector<PlacedStep>& before, const std::vector<PlacedStep>& now,
                              const std::vector<std::optional<std::size_t>>& matches);

/// What tells two sentences of one part apart.
const std::string& meaning_of(const Sentence& sentence);

}  // namespace millrace
