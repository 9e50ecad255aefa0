#include "lsp/project_view.hpp"

#include <algorithm>

#include "yaml/yaml.hpp"

namespace millrace::lsp {
namespace {

bool has_line(std::string_view text, std::string_view begin) {
  return text.starts_with(begin) || text.find("\n" + std::string(begin)) != std::string_view::npos;
}

}  // namespace

const Workflow* ProjectView::find_workflow(std::string_view id) const noexcept {
  const auto found = std::find_if(others.begin(), others.end(), [id](const auto& one) { return one->id == id; });
  return found == others.end() ? nullptr : found->get();
}

void add_named_secrets(std::string_view text, std::set<std::string>& names) {
  constexpr std::string_view handle = "secret:";
  for (std::size_t at = text.find(handle); at != std::string::npos; at = text.find(handle, at + 1)) {
    const std::size_t begin = at + handle.size();
    const std::size_t end = std::min(
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", begin), text.size());
    if (end > begin) names.emplace(text.substr(begin, end - begin));
  }
}

FileKind kind_of_file(const SourceText& source) {
  const std::string_view path = source.name;
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  if (name == "millrace.yaml") return FileKind::project;
  const bool lies_there = path.starts_with("workflows/");
  if (is_test_file(path)) return lies_there || has_line(source.text, "tests:") ? FileKind::test : FileKind::other;
  if (lies_there && is_yaml_file(path)) return FileKind::workflow;
  const bool written_so = has_line(source.text, "version:") && has_line(source.text, "actions:");
  return written_so ? FileKind::workflow : FileKind::other;
}

FileKind kind_while_typing(const SourceText& source) {
  return source.text.size() > largest_file ? FileKind::other : kind_of_file(source);
}

}  // namespace millrace::lsp
