#include "lsp/project_view.hpp"

namespace millrace::lsp {
namespace {

bool has_line(std::string_view text, std::string_view begin) {
  return text.starts_with(begin) || text.find("\n" + std::string(begin)) != std::string_view::npos;
}

}  // namespace

FileKind kind_of_file(const SourceText& source) {
  const std::string_view path = source.name;
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  if (name == "millrace.yaml") return FileKind::project;
  if (name.ends_with(".test.yaml")) return FileKind::other;
  if (path.starts_with("workflows/") && name.ends_with(".yaml")) return FileKind::workflow;
  const bool written_so = has_line(source.text, "version:") && has_line(source.text, "actions:");
  return written_so ? FileKind::workflow : FileKind::other;
}

}  // namespace millrace::lsp
