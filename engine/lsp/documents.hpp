#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "lsp/project_view.hpp"
#include "lsp/text_lines.hpp"
#include "value/value.hpp"

namespace millrace::lsp {

/// A text that is open in the editor.
struct Document {
  std::string uri;
  std::int64_t version = 0;
  std::shared_ptr<const SourceText> source;  ///< its name is the path in the project
  std::filesystem::path root;                ///< the project's folder
  /// What was found in this very text; nothing where it was not checked yet.
  std::shared_ptr<const std::vector<Finding>> findings = {};
};

/// The path of a "file:" address; nothing of others.
std::optional<std::filesystem::path> path_of(const std::string& uri);
std::string uri_of(const std::filesystem::path& path);

/// The texts that are open, as the editor says that they are, with the projects around them.
class Documents {
 public:
  using Look = std::function<std::shared_ptr<const ProjectView>(const std::filesystem::path& root)>;
  Documents(Look look, std::filesystem::path folder) : look_(std::move(look)), folder_(std::move(folder)) {}

  void set_units(Units units) noexcept { units_ = units; }
  Units units() const noexcept { return units_; }
  /// The folder in which the editor was opened, for texts that are in no project.
  void set_folder(std::filesystem::path folder) { folder_ = std::move(folder); }

  // What the notifications of the protocol say; what is malformed changes nothing.
  void open(const Value& params);
  void change(const Value& params);
  void close(const Value& params);

  /// The text that is open; else the file's, as it is on the disk. Nothing where there is none.
  std::optional<Document> find(const std::string& uri) const;
  std::shared_ptr<const ProjectView> view_of(const Document& document);
  /// Something has changed on the disk: projects are looked at anew, and every text is checked again.
  void look_again();

  /// Of those whose newest text nobody has checked the one that changed first; nullptr where there is none.
  const Document* next_unchecked();
  /// Keeps what was found in a text of the document; nullptr where it has another text by now.
  const Document* keep(const std::string& uri, const std::shared_ptr<const SourceText>& source,
                       std::vector<Finding> findings);

 private:
  /// With its project and its name in it.
  Document placed(Document document, std::string text) const;
  void note_change(const std::string& uri);

  Look look_;
  std::filesystem::path folder_;
  Units units_ = Units::utf16;
  std::map<std::string, Document> documents_;
  std::map<std::filesystem::path, std::shared_ptr<const ProjectView>> views_;
  std::deque<std::string> unchecked_;
};

}  // namespace millrace::lsp
