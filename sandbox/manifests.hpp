#pragma once

#include <span>

#include "schema/embedded.hpp"

namespace millrace {

/// The manifests of the connector, such as "highlevel.users.json": they are part of the program.
std::span<const EmbeddedFile> embedded_manifests() noexcept;

}  // namespace millrace
