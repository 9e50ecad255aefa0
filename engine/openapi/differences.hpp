#pragma once

#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"
#include "value/value.hpp"

namespace millrace {

/// What is other of the plugin's connection; a part that is not there is empty.
struct ConnectionChange {
  std::string part;  ///< "auth", "oauth2.token_url", or "millrace.yaml: base_url", what is to be said there
  std::string before, after;
};

/// What a second import changes, by the names of actions.
struct ImportDifferences {
  std::vector<std::string> added, removed;
  /// With what of each has changed: "input", "effect".
  std::vector<std::pair<std::string, std::vector<std::string>>> changed;
  std::vector<ConnectionChange> connection;

  bool any() const noexcept { return !added.empty() || !removed.empty() || !changed.empty() || !connection.empty(); }
};

/// A manifest as it is written, and as it is read: schemas that actions share count where they are used.
struct ReadManifest {
  const Value& document;
  const Manifest& manifest;
};

ImportDifferences differences(const ReadManifest& before, const ReadManifest& after);

}  // namespace millrace
