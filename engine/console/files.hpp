#pragma once

#include <span>

#include "schema/embedded.hpp"

namespace millrace {

/// The built page of console/, each file as gzip packs it. Where it could not be built there is one file, "missing",
/// that says why.
std::span<const EmbeddedFile> console_files() noexcept;

}  // namespace millrace
