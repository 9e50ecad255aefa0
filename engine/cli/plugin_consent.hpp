#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/permissions.hpp"
#include "cli/signer.hpp"
#include "workflow/plugin_lock.hpp"

namespace millrace {

/// What somebody is asked to agree to.
struct Consent {
  std::string name, version;
  Permissions asked;
  std::optional<Signer> signer;
  const LockedPlugin* before = nullptr;  ///< what was agreed to of this plugin; null: nothing
  std::vector<std::string> wider;        ///< what of `asked` was not agreed to `before`
};

/// It in words for a terminal or a log, a line end at the end. The catalog says what the calls do.
std::string render(const Consent& consent, const Catalog& catalog, bool colours);

/// Whether `version` comes before `other`, by their three numbers.
bool is_older(const std::string& version, const std::string& other);

}  // namespace millrace
