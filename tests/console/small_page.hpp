#pragma once

#include <span>

#include "schema/embedded.hpp"

namespace millrace::test {

/// A page as script/page packs it: "index.html" with `<base href="/">`, "favicon.svg" with "<svg/>", and
/// "assets/app-1a2b.js" with "run();".
std::span<const EmbeddedFile> small_page();

}  // namespace millrace::test
