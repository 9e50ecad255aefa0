#pragma once

#include <map>
#include <optional>
#include <string>

#include "openapi/findings.hpp"
#include "value/value.hpp"

namespace millrace {

/// What a person says of one operation beside its document.
struct Said {
  std::string effect, name, repeat;  ///< empty: nothing
  Value pages;                       ///< {next, list, id}; null where nothing is said
  bool no_pages = false;             ///< all comes at once, whatever the document says
  bool leave_out = false;
  int line = 0, column = 0;
};

/// By operation, as the document has it: "POST /contacts/search".
using ImportOverlay = std::map<std::string, Said>;

/// Reads NAME.overlay.yaml; shape by schemas/openapi_overlay.schema.json. What is wrong is told, and nothing is given.
std::optional<ImportOverlay> read_overlay(const std::string& name, const std::string& text, ImportFindings& findings);

}  // namespace millrace
