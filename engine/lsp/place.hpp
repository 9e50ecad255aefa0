#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/text_lines.hpp"
#include "yaml/yaml.hpp"

namespace millrace::lsp {

/// Where in a file's tree something stands. Borrows the tree.
struct Place {
  enum class Kind : std::uint8_t { key, value };
  /// One step from a list or mapping to a piece of it.
  struct Step {
    const Node* parent;
    std::string key;  ///< of a mapping's member; of a list nothing
    const Node* child;
  };

  Kind kind = Kind::value;
  std::string_view file = {};  ///< as `check` shows it
  std::vector<Step> way;       ///< from the root; the last one leads to the value, or to the value of the key
  Range range;                 ///< of the key, or of the scalar

  /// The list or mapping in which it stands; nullptr at the root.
  const Node* owner() const { return way.empty() ? nullptr : way.back().parent; }
  /// The key of which this is the value, items of its list included; empty at the root.
  std::string key() const;
  /// The place of the list or mapping in which it stands, as a value. REQUIRES: this is not the root.
  Place outside() const;
};

/// The innermost key or scalar that the byte touches; nothing between them.
std::optional<Place> find_place(const YamlDocument& document, std::size_t offset);

/// A file as it is with a letter typed at the cursor: so there is always something that stands there.
struct Standing {
  std::shared_ptr<const YamlDocument> document;  ///< its sketch, with the letter
  Place place;                                   ///< in that sketch
  std::size_t offset;                            ///< of the letter
  Range range;                                   ///< what stands there in the text without the letter
  /// What stands there before the cursor, a quote left out.
  std::string before() const { return document->text().substr(range.begin, offset - range.begin); }
};

/// Nothing where nobody can type a key or value: in a comment, for example.
std::optional<Standing> stand(const SourceText& source, std::size_t offset);

}  // namespace millrace::lsp
