#include "catalog/company.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace millrace {
namespace {

/// Folders in which only the system puts libraries.
bool of_the_system(const std::string& folder) {
  constexpr std::array<std::string_view, 5> known = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"};
  if (folder.find("..") != std::string::npos) return false;
  return std::any_of(known.begin(), known.end(), [&folder](std::string_view system) {
    return folder.starts_with(system) && (folder.size() == system.size() || folder[system.size()] == '/');
  });
}

}  // namespace

std::string company_of(const Manifest& plugin, const ElfFacts& facts) {
  const std::string cure = ", which no pin covers: link what it needs into it, or leave that to the system's folders";
  for (const std::string& path : facts.search_paths) {
    if (!of_the_system(path)) return "its library looks for others in \"" + path + "\" (RUNPATH)" + cure;
  }
  for (const std::string& name : facts.needed) {
    if (name.find('/') != std::string::npos) return "its library needs \"" + name + "\"" + cure;
  }
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator(plugin.folder, failed)) {
    const std::string name = file.path().filename().string();
    const bool library = name.ends_with(".so") || name.find(".so.") != std::string::npos;
    if (library && name != plugin.name + ".so" && !file.is_directory(failed))
      return "beside its library lies \"" + name + "\"" + cure;
  }
  return {};
}

}  // namespace millrace
