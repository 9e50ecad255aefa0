#pragma once

#include <memory>
#include <vector>

#include "base/error.hpp"
#include "lsp/project_view.hpp"

namespace millrace::lsp {

/// What `check` says of the text: the same findings with the same words, in the order of the file. What only the store
/// knows (that a workflow may do more than the version that ran last) is left to the command. From any thread.
std::vector<Finding> findings_in(std::shared_ptr<const SourceText> source, const ProjectView& view);

/// The same with hints where a secret has no value by which senders are proved. One thread at a time.
std::vector<Finding> all_findings_in(std::shared_ptr<const SourceText> source, const ProjectView& view);

}  // namespace millrace::lsp
