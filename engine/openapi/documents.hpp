#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "openapi/findings.hpp"
#include "value/value.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

/// A file of the document: what it says, and for YAML where.
struct DocumentFile {
  std::string name;                    ///< as people see it
  std::string path;                    ///< relative to the folder of the first one, without "." and ".."
  std::shared_ptr<const Value> value;  ///< null where it could not be read
  std::shared_ptr<const YamlDocument> yaml;
};

/// A value of a document and its place. Borrows: the Documents outlive it.
struct Spot {
  const Value* value = nullptr;  ///< null: there is nothing
  std::size_t file = 0;
  std::string pointer;

  explicit operator bool() const noexcept { return value != nullptr; }
  Spot at(std::string_view key) const;  ///< the member of a mapping
  Spot item(std::size_t number) const;  ///< of a list
  std::string text(std::string_view key) const { return value != nullptr ? value->text_or(key) : std::string(); }
  bool is_true(std::string_view key) const;
  bool is_map() const noexcept { return value != nullptr && value->is_map(); }
  bool is_list() const noexcept { return value != nullptr && value->is_list(); }
};

/// An OpenAPI document and the files that it refers to. References are followed here, and nowhere else; nothing is ever
/// fetched, and no file outside of the document's folder is read.
class Documents {
 public:
  /// The text of a file, by its path relative to the document's folder.
  using Reader = std::function<Result<std::string>(const std::string& path)>;

  /// `name` is the first file as the person named it, `text` what is in it.
  Documents(std::string name, std::string text, Reader reader, ImportFindings& findings);

  /// The first file's value; nothing where it could not be read, which was told.
  Spot root() const;
  /// What stands at `spot`, or what its reference leads to in the end. A reference that leads nowhere is told at its
  /// place, and gives nothing.
  Spot follow(const Spot& spot);
  /// One step of it: `spot` is a mapping with a "$ref" that is a text.
  Spot referred(const Spot& spot);

  /// A scalar as it is written: "1.0", whether it is a text or a number.
  std::string letters(const Spot& spot) const;

  void tell(Severity severity, std::string_view rule, const Spot& at, std::string message);
  const std::string& path_of(std::size_t file) const { return files_[file]->path; }

 private:
  std::size_t read(std::string name, std::string path, const std::string& text);
  Spot anchored(std::size_t file, const std::string& name);
  std::optional<std::size_t> find_file(const Spot& from, std::string_view reference);
  std::shared_ptr<const Value> read_json(const std::string& name, std::string_view text);
  std::shared_ptr<const Value> read_yaml_file(DocumentFile& file, std::string_view text);

  Reader reader_;
  ImportFindings& findings_;
  std::vector<std::unique_ptr<DocumentFile>> files_;
  std::map<std::string, std::size_t, std::less<>> by_path_;
  std::map<std::size_t, std::map<std::string, Spot>> anchors_;  ///< by file, where one was asked for
  std::size_t bytes_ = 0;                                       ///< of all files
};

/// Whether the mapping is a reference.
bool is_reference(const Spot& spot);

/// Whether a schema says true of a flag such as "readOnly": itself, what it refers to, or one of its parts (allOf).
bool is_marked(Documents& documents, const Spot& schema, std::string_view flag);

}  // namespace millrace
