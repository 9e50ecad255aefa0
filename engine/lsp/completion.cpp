#include "lsp/completion.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "lsp/scope.hpp"
#include "yaml/yaml.hpp"

namespace millrace::lsp {
namespace {

/// What stands first is offered first, and everything once.
void put_in_order(Completions& found) {
  std::stable_sort(found.items.begin(), found.items.end(), [](const Completion& left, const Completion& right) {
    return left.rank != right.rank ? left.rank < right.rank : left.label < right.label;
  });
  std::set<std::string> seen;
  std::erase_if(found.items, [&seen](const Completion& one) { return !seen.insert(one.label).second; });
}

/// What of the range stands in the line of the cursor: editors replace nothing beyond it.
Range in_line(const Range& range, const std::string& text, std::size_t offset) {
  const std::size_t begin = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
  const std::size_t end = std::min(text.find('\n', offset), text.size());
  return {std::max(range.begin, begin), std::max(offset, std::min(range.end, end))};
}

}  // namespace

std::string words_of_type(const Form& form) {
  const std::string format = form.view().format();
  if (format == "expression" || format == "condition" || format == "duration") return format;
  if (format == "date-time") return "time";
  std::vector<std::string> words;
  for (const std::string& type : form.view().types()) {
    words.push_back(type == "string"    ? "text"
                    : type == "array"   ? "list"
                    : type == "object"  ? "mapping"
                    : type == "boolean" ? "true or false"
                    : type == "integer" ? "whole number"
                                        : type);
  }
  return words.size() > 3 ? "" : join(words, " or ");
}

Completions complete(const SourceText& source, std::size_t offset, const ProjectView& view) {
  Completions found;
  const FileKind kind = kind_while_typing(source);
  if (kind == FileKind::other) return found;
  const auto standing = stand(source, offset);
  if (!standing) return found;
  found.range = in_line(standing->range, source.text, standing->offset);
  const Forms forms = forms_at(kind, standing->place, view);
  const Asked asked = {source, kind, view, *standing, forms};
  if (const auto before = expression_before(*standing, forms)) {
    add_words(asked, found);
    add_expressions(asked, *before, found);
  } else if (standing->place.kind == Place::Kind::key) {
    add_keys(asked, found);
  } else {
    add_words(asked, found);
    add_names(asked, found);
    add_keys(asked, found);
  }
  put_in_order(found);
  return found;
}

Completions complete_expression(std::string_view before, const TypedNames& names) {
  Completions found;
  const auto typing = read_typing(before);
  if (!typing) return found;
  found.range = {typing->begin, before.size()};
  add_fitting(*typing, names, found);
  put_in_order(found);
  return found;
}

}  // namespace millrace::lsp
