#include "starter/add_connection.hpp"

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "yaml/yaml.hpp"

namespace millrace {
namespace {

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

/// Behind the last line that is indented, from the line below `at` on: what follows at the margin, with the blank lines
/// and remarks above it, is no part of the block.
std::size_t block_end(std::string_view text, std::size_t at) {
  std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
  for (std::size_t line = end; line < text.size();) {
    const std::size_t next = std::min(text.find('\n', line), text.size() - 1) + 1;
    const std::string_view content = trim(text.substr(line, next - line));
    const bool indented = text[line] == ' ' && !content.empty();
    if (indented) end = next;
    if (!indented && !content.empty() && content[0] != '#') break;
    line = next;
  }
  return end;
}

}  // namespace

std::string connection_lines(std::string_view name, std::string_view settings, std::string_view indent) {
  const std::string margin(indent);
  std::string lines = margin + std::string(name) + ":\n";
  for (const std::string& line : split(settings, '\n')) {
    if (!trim(line).empty()) lines += margin + margin + line + "\n";
  }
  return lines;
}

Result<std::string> with_connection(std::string_view text, std::string_view name, std::string_view settings) {
  const bool other_line_ends = text.find("\r\n") != std::string_view::npos;
  std::string whole(text);
  if (!whole.empty() && whole.back() != '\n') whole += '\n';
  const YamlDocument document = read_yaml(std::make_shared<const SourceText>(SourceText{"millrace.yaml", whole}));
  const Error no_place = {ErrorCode::conflict, "millrace.yaml has to be changed by hand"};
  if (!document.root || !document.root->is_map()) return no_place;
  const Node::Member* connections = document.root->member("connections");
  const auto lines = [&](std::string_view indent) {
    std::string added = connection_lines(name, settings, indent);
    if (connections == nullptr) added = "connections:\n" + added;
    for (std::size_t at = added.find('\n'); other_line_ends && at != std::string::npos; at = added.find('\n', at + 2))
      added.insert(at, "\r");
    return added;
  };
  if (connections == nullptr) return whole + lines("  ");
  const Node& value = connections->value;
  if (value.member(name) != nullptr) return std::string(text);
  const bool block = value.is_map() && !value.members.empty() && whole[value.begin] != '{';
  if (!block && !value.is_empty()) return no_place;
  std::string indent = "  ";
  if (block) {
    const std::size_t key = value.members.front().key_begin;
    indent = std::string(key - line_begin(whole, key), ' ');
  }
  const std::size_t end = block_end(whole, connections->key_end);
  return whole.substr(0, end) + lines(indent) + whole.substr(end);
}

}  // namespace millrace
