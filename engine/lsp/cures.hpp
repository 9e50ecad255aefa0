#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "lsp/project_view.hpp"
#include "lsp/text_lines.hpp"

namespace millrace::lsp {

/// A stretch of the text, and what stands there instead.
struct Edit {
  Range range;
  std::string text;
};

/// What an editor offers for a finding.
struct Cure {
  std::string title;
  Edit edit;
  Finding finding;
};

/// The suggestions of those findings that touch the stretch.
std::vector<Cure> cures_in(const SourceText& source, const std::vector<Finding>& findings, const Range& range);

/// What `fmt` would do to the text, as one edit; nothing where it is laid out so already, or cannot be read.
std::optional<Edit> lay_out(const SourceText& source);

/// What `check --fix` would do to the text, as one edit; nothing where it would leave it alone.
std::optional<Edit> fix_all(const SourceText& source, const ProjectView& view);

}  // namespace millrace::lsp
