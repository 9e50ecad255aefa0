#include "starter/new_plugin.hpp"

#include "starter/starter_files.hpp"

namespace millrace {
namespace {

constexpr std::string_view stand_in = "my_plugin";  // the name of the plugin in our files

NewFile own(std::string_view path, std::string_view from, std::string_view name) {
  std::string text(find_embedded(starter_files(), from));
  for (std::size_t at = text.find(stand_in); at != std::string::npos; at = text.find(stand_in, at + name.size()))
    text.replace(at, stand_in.size(), name);
  return {.path = std::string(path), .text = std::move(text)};
}

}  // namespace

std::vector<NewFile> new_plugin(std::string_view name, std::string_view kind) {
  const std::string own_name(name);
  if (kind == "manifest") return {own(own_name + ".json", "plugin/manifest.json", name)};
  if (kind != "c" && kind != "cpp") return {};
  const std::string ending = "." + std::string(kind);
  return {own(own_name + ".json", "plugin/library.json", name), own(own_name + ending, "plugin/plugin" + ending, name),
          own("Makefile", "plugin/Makefile", name)};
}

}  // namespace millrace
