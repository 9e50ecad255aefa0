#pragma once

#include <span>
#include <string_view>

namespace millrace {

/// A text file that is part of the program (script/embed).
struct EmbeddedFile {
  std::string_view name;  ///< its path below the folder that was embedded
  std::string_view text;
};

/// The text of the file of this name; empty where there is none.
constexpr std::string_view find_embedded(std::span<const EmbeddedFile> files, std::string_view name) noexcept {
  for (const EmbeddedFile& file : files) {
    if (file.name == name) return file.text;
  }
  return {};
}

/// The files of schemas/, such as "workflow.schema.json".
std::span<const EmbeddedFile> embedded_schemas() noexcept;
inline std::string_view embedded_schema(std::string_view name) noexcept {
  return find_embedded(embedded_schemas(), name);
}

}  // namespace millrace
