#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "lsp/text_lines.hpp"

namespace millrace::lsp {

/// One part of a file, as an editor's outline shows it: a step with the steps inside it, a trigger, a connection.
struct OutlineEntry {
  enum class Kind : std::uint8_t { section, step, trigger, value };

  Kind kind = Kind::value;
  std::string name;
  std::string detail = {};  ///< what it does: "action highlevel.location_tags.delete"
  Range whole = {}, chosen = {};
  std::vector<OutlineEntry> inside = {};
};

/// The parts of a workflow, of its tests or of millrace.yaml, by its sketch.
std::vector<OutlineEntry> outline(const SourceText& source);

}  // namespace millrace::lsp
