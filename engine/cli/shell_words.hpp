#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace millrace {

/// `text` as a shell takes it for one word: in quotes where it has to be.
std::string shell_word(std::string_view text);

/// How this program is begun for a project in `folder`, from where somebody stands: "millrace", "millrace -C shop".
std::string begun_for(const std::filesystem::path& folder);

}  // namespace millrace
