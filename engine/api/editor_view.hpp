#pragma once

#include <memory>
#include <string>

#include "api/api.hpp"
#include "lsp/project_view.hpp"

namespace millrace {

/// The project around a text that somebody types, as the service has it: other workflows are their live versions.
/// Borrows the world.
std::shared_ptr<const lsp::ProjectView> editor_view(const ApiWorld& world);

/// A text that came from a page. `invalid`: its name is no place of a file in the project, or the text is none.
Result<std::shared_ptr<const SourceText>> source_named(std::string file, std::string text);

}  // namespace millrace
