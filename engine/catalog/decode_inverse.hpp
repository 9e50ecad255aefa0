#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/inverse.hpp"
#include "catalog/json_place.hpp"
#include "catalog/manifest_checks.hpp"

namespace millrace {

/// An expression of a manifest; what cannot be read of it is noted with its place.
std::optional<Expression> parse_expression(const std::string& text, const std::string& pointer,
                                           std::vector<ManifestProblem>& problems);

/// An action's `inverse`, which has the right shape: the name of an action of `plugin`, or more said of it.
std::shared_ptr<const Inverse> decode_inverse(const Value& written, const std::string& plugin, const std::string& here,
                                              std::vector<ManifestProblem>& problems);

/// What is wrong with the inverse of `action`, which is at `here` in its manifest; `beside` as in `check_manifest`.
void check_inverse(const Manifest& manifest, const Manifest* beside, const Action& action, const std::string& here,
                   std::vector<ManifestProblem>& problems);

}  // namespace millrace
