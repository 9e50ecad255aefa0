#pragma once

#include "schema/embedded.hpp"

namespace millrace {

/// The files of templates/: what projects, workflows and plugins begin as, by their path below that folder.
std::span<const EmbeddedFile> starter_files() noexcept;

}  // namespace millrace
