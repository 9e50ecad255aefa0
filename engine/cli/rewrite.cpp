#include "cli/rewrite.hpp"

#include "base/files.hpp"

namespace millrace {

Status rewrite(const std::filesystem::path& file, const std::string& text) {
  std::error_code failed;
  const std::filesystem::path own = std::filesystem::weakly_canonical(file, failed);
  const auto permissions = std::filesystem::status(own, failed).permissions();
  return replace_file(own.string(), text, static_cast<unsigned>(permissions) & 07777);
}

}  // namespace millrace
