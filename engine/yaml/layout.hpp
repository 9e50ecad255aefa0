#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

/// A file's text in our layout, or the findings that say why it is left alone.
struct Layout {
  std::optional<std::string> text;
  std::vector<Finding> findings;
};

/// Lays a file out. Only blanks and line ends are another afterwards: every key, value and comment stays in its place
/// and its order, with the quotes that it had, and the file reads the same, which is looked at before it is given back.
/// What comes out is laid out already. A file that cannot be read has findings in place of a text.
///
/// The rules (docs/workflows.md, "Layout"): what stands inside something is two blanks deeper, lists below their key
/// too; one blank behind a dash or a colon; no blanks at line ends; one blank line at most, none at the beginning and
/// the end; lines end as on Unix, the last one too. Text in `|` and `>` is moved as a whole, brackets over several
/// lines as well.
Layout laid_out(const std::shared_ptr<const SourceText>& source);

/// Whether both read the same: the same texts, written in the same way, in the same order.
bool same_tree(const Node& one, const Node& other) noexcept;

}  // namespace millrace
