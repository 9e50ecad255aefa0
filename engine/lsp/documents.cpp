#include "lsp/documents.hpp"

#include <algorithm>
#include <utility>

#include "base/percent.hpp"
#include "base/text.hpp"
#include "lsp/json.hpp"
#include "yaml/files.hpp"

namespace millrace::lsp {
namespace {

bool is_file(const std::filesystem::path& path) {
  std::error_code failed;
  return std::filesystem::exists(path, failed);
}

/// The folder of the project that a file belongs to: the nearest with a millrace.yaml, else the one whose workflows/
/// holds it.
std::filesystem::path root_of(const std::filesystem::path& path, const std::filesystem::path& otherwise) {
  for (std::filesystem::path at = path.parent_path(); at.has_relative_path(); at = at.parent_path()) {
    if (is_file(at / "millrace.yaml")) return at;
  }
  const std::filesystem::path folder = path.parent_path();
  const bool lies_in_workflows = folder.filename() == "workflows" && folder.parent_path().filename() != ".github";
  return lies_in_workflows ? folder.parent_path() : otherwise;
}

/// The text with a stretch of it replaced, or all of it.
std::string changed(std::string text, const Value& change, Units units) {
  const Value* put_in = change.find("text");
  if (put_in == nullptr || !put_in->is_text()) return text;
  const Value* range = change.find("range");
  if (range == nullptr || !range->is_map()) return put_in->text();
  const TextLines lines(text);
  const Value* start = range->find("start");
  const Value* end = range->find("end");
  if (start == nullptr || end == nullptr) return text;
  const std::size_t begin = lines.offset(decode_position(*start), units);
  const std::size_t behind = std::max(begin, lines.offset(decode_position(*end), units));
  return text.replace(begin, behind - begin, put_in->text());
}

}  // namespace

std::optional<std::filesystem::path> path_of(const std::string& uri) {
  constexpr std::string_view scheme = "file://";
  if (!uri.starts_with(scheme)) return std::nullopt;
  const std::size_t slash = uri.find('/', scheme.size());
  const auto decoded = slash == std::string::npos ? std::nullopt : percent_decode(uri.substr(slash));
  if (!decoded || decoded->find('\0') != std::string::npos) return std::nullopt;
  return std::filesystem::path(*decoded).lexically_normal();
}

std::string uri_of(const std::filesystem::path& path) {
  std::string uri = "file://";
  const std::vector<std::string> parts = split(std::filesystem::absolute(path).lexically_normal().string(), '/');
  for (std::size_t at = 0; at < parts.size(); ++at) uri += (at > 0 ? "/" : "") + percent_encode(parts[at]);
  return uri;
}

Document Documents::placed(Document document, std::string text) const {
  std::string name = document.uri.substr(document.uri.find_last_of('/') + 1);
  document.root = folder_;
  if (const auto path = path_of(document.uri)) {
    document.root = root_of(*path, folder_);
    const auto shown = path->lexically_relative(document.root);
    const bool inside = !shown.empty() && *shown.begin() != "..";
    name = inside ? shown.string() : path->string();
  }
  document.source = std::make_shared<const SourceText>(SourceText{std::move(name), std::move(text)});
  return document;
}

void Documents::open(const Value& params) {
  const Value* opened = params.find("textDocument");
  if (opened == nullptr) return;
  const Value* text = opened->find("text");
  const std::string uri = opened->text_or("uri");
  if (uri.empty() || text == nullptr || !text->is_text()) return;
  Document document;
  document.uri = uri;
  document.version = whole_number(opened->find("version"));
  documents_[uri] = placed(std::move(document), text->text());
  note_change(uri);
}

void Documents::change(const Value& params) {
  const Value* named = params.find("textDocument");
  const Value* changes = params.find("contentChanges");
  if (named == nullptr || changes == nullptr || !changes->is_list()) return;
  const auto found = documents_.find(named->text_or("uri"));
  if (found == documents_.end()) return;
  std::string text = found->second.source->text;
  for (const Value& one : changes->list()) text = changed(std::move(text), one, units_);
  Document& document = found->second;
  document.version = whole_number(named->find("version"));
  document.source = std::make_shared<const SourceText>(SourceText{document.source->name, std::move(text)});
  document.findings = nullptr;
  note_change(document.uri);
}

const Document* Documents::keep(const std::string& uri, const std::shared_ptr<const SourceText>& source,
                                std::vector<Finding> findings) {
  const auto found = documents_.find(uri);
  if (found == documents_.end() || found->second.source != source) return nullptr;
  found->second.findings = std::make_shared<const std::vector<Finding>>(std::move(findings));
  return &found->second;
}

void Documents::close(const Value& params) {
  const Value* named = params.find("textDocument");
  if (named == nullptr) return;
  const std::string uri = named->text_or("uri");
  documents_.erase(uri);
  std::erase(unchecked_, uri);
}

std::optional<Document> Documents::find(const std::string& uri) const {
  if (const auto found = documents_.find(uri); found != documents_.end()) return found->second;
  const auto path = path_of(uri);
  const auto source = path ? read_source(*path, path->string()) : Finding();
  const auto* text = std::get_if<std::shared_ptr<const SourceText>>(&source);
  if (text == nullptr) return std::nullopt;
  Document document;
  document.uri = uri;
  return placed(std::move(document), (*text)->text);
}

std::shared_ptr<const ProjectView> Documents::view_of(const Document& document) {
  auto& view = views_[document.root];
  if (view == nullptr) view = look_(document.root);
  return view;
}

void Documents::look_again() {
  views_.clear();
  for (const auto& [uri, document] : documents_) note_change(uri);
}

void Documents::note_change(const std::string& uri) {
  std::erase(unchecked_, uri);
  unchecked_.push_back(uri);
}

const Document* Documents::next_unchecked() {
  if (unchecked_.empty()) return nullptr;
  const std::string uri = unchecked_.front();
  unchecked_.pop_front();
  return &documents_.at(uri);
}

}  // namespace millrace::lsp
