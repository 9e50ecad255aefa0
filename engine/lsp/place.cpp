#include "lsp/place.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "yaml/sketch.hpp"

namespace millrace::lsp {
namespace {

constexpr char typed_letter = 'x';

bool touches(std::size_t begin, std::size_t end, std::size_t offset) { return begin <= offset && offset <= end; }

/// Whether the node, or something in it, can hold the byte: pieces stand in the order of the text.
bool descend(const Node& node, std::size_t offset, Place& place) {
  if (node.is_scalar()) {
    place.kind = Place::Kind::value;
    place.range = {node.begin, node.end};
    return !node.is_empty() && touches(node.begin, node.end, offset);
  }
  for (const Node& item : node.items) {
    if (item.begin > offset) break;
    place.way.push_back({&node, "", &item});
    if (descend(item, offset, place)) return true;
    place.way.pop_back();
  }
  for (const Node::Member& member : node.members) {
    if (member.key_begin > offset) break;
    place.way.push_back({&node, member.key, &member.value});
    if (touches(member.key_begin, member.key_end, offset)) {
      place.kind = Place::Kind::key;
      place.range = {member.key_begin, member.key_end};
      return true;
    }
    if (descend(member.value, offset, place)) return true;
    place.way.pop_back();
  }
  return false;
}

}  // namespace

std::string Place::key() const {
  for (std::size_t at = way.size(); at > 0; --at) {
    if (!way[at - 1].key.empty()) return way[at - 1].key;
  }
  return {};
}

Place Place::outside() const {
  Place place = *this;
  place.kind = Kind::value;
  place.way.pop_back();
  return place;
}

std::optional<Place> find_place(const YamlDocument& document, std::size_t offset) {
  Place place;
  place.file = document.lines.source()->name;
  if (!document.root || !descend(*document.root, offset, place)) return std::nullopt;
  return place;
}

std::optional<Standing> stand(const SourceText& source, std::size_t offset) {
  std::string text = source.text;
  offset = std::min(offset, text.size());
  text.insert(offset, 1, typed_letter);
  auto document = std::make_shared<const YamlDocument>(
      sketch_yaml(std::make_shared<const SourceText>(SourceText{source.name, std::move(text)})));
  auto place = find_place(*document, offset);
  if (!place) return std::nullopt;
  Standing standing = {std::move(document), {}, offset, {}};
  standing.place = std::move(*place);
  standing.range = {standing.place.range.begin, standing.place.range.end - 1};
  const std::string& whole = standing.document->text();
  const char first = whole[standing.range.begin];
  if ((first == '"' || first == '\'') && standing.range.begin < offset) {
    ++standing.range.begin;
    const bool closed = standing.range.end > standing.range.begin && whole[standing.range.end] == first;
    if (closed && standing.range.end > offset) --standing.range.end;
  }
  return standing;
}

}  // namespace millrace::lsp
