#include "openapi/documents.hpp"

#include <filesystem>
#include <utility>

#include "base/percent.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "openapi/yaml_value.hpp"
#include "schema/reference.hpp"
#include "value/json.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

constexpr std::size_t largest_document = 64u << 20;  // in bytes, all its files together
constexpr std::size_t most_files = 1000;
constexpr int longest_way = 32;  // of references that lead to references

/// A file's reference as a path below the document's folder; empty where it leads out of it.
std::string joined(const std::string& from, std::string_view reference) {
  const auto decoded = percent_decode(reference);
  if (!decoded || decoded->find('\0') != std::string::npos || decoded->find('\\') != std::string::npos) return "";
  const std::filesystem::path there(*decoded);
  const auto path = (std::filesystem::path(from).parent_path() / there).lexically_normal();
  const bool inside = !there.is_absolute() && !path.empty() && *path.begin() != ".." && path.has_filename();
  return inside ? path.string() : "";
}

bool names_a_host(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  return reference.starts_with("//") || (colon != std::string_view::npos && colon < reference.find('/'));
}

std::string shown(std::string_view text) { return between('"', printable(shortened(text, 120)), '"'); }

}  // namespace

bool is_reference(const Spot& spot) {
  const Value* reference = spot.is_map() ? spot.value->find("$ref") : nullptr;
  return reference != nullptr && reference->is_text();
}

Spot Spot::at(std::string_view key) const {
  const Value* member = value != nullptr ? value->find(key) : nullptr;
  if (member == nullptr) return {nullptr, file, pointer};
  return {member, file, pointer + pointer_step(key)};
}

Spot Spot::item(std::size_t number) const {
  if (!is_list() || number >= value->list().size()) return {nullptr, file, pointer};
  return {&value->list()[number], file, pointer + "/" + std::to_string(number)};
}

bool Spot::is_true(std::string_view key) const {
  const Value* flag = value != nullptr ? value->find(key) : nullptr;
  return flag != nullptr && flag->is_true();
}

Documents::Documents(std::string name, std::string text, Reader reader, ImportFindings& findings)
    : reader_(std::move(reader)), findings_(findings) {
  std::string path = std::filesystem::path(name).filename().string();
  read(std::move(name), std::move(path), text);
}

Spot Documents::root() const { return {files_.front()->value.get(), 0, ""}; }

std::shared_ptr<const Value> Documents::read_json(const std::string& name, std::string_view text) {
  JsonLimits limits = from_outside;
  limits.max_bytes = largest_document;
  auto value = parse_json(text, limits);
  if (value) return std::make_shared<const Value>(std::move(*value));
  findings_.add({Severity::error, "unreadable-document", name, "", 0, 0, value.error().message});
  return nullptr;
}

std::shared_ptr<const Value> Documents::read_yaml_file(DocumentFile& file, std::string_view text) {
  auto source = std::make_shared<const SourceText>(SourceText{file.name, std::string(text)});
  auto document = std::make_shared<const YamlDocument>(read_yaml(std::move(source)));
  for (const Finding& one : document->findings) {
    const std::string message = one.rule == "anchor-or-alias"
                                    ? "anchors and aliases are not read: write a $ref, or save the document as JSON"
                                    : one.message;
    findings_.add({one.severity, one.rule, file.name, "", one.at.line, one.at.column, message});
  }
  if (!document->root && !has_errors(document->findings))
    findings_.add({Severity::error, "unreadable-document", file.name, "", 0, 0, "the file is not YAML"});
  if (!document->root) return nullptr;
  file.yaml = document;
  return std::make_shared<const Value>(value_of(*document->root));
}

std::size_t Documents::read(std::string name, std::string path, const std::string& text) {
  const std::size_t number = files_.size();
  by_path_.emplace(path, number);
  files_.push_back(std::make_unique<DocumentFile>(DocumentFile{std::move(name), std::move(path), nullptr, nullptr}));
  DocumentFile& file = *files_.back();
  bytes_ += text.size();
  const auto refuse = [&](std::string why) {
    findings_.add({Severity::error, "unreadable-document", file.name, "", 0, 0, std::move(why)});
    return number;
  };
  if (bytes_ > largest_document) return refuse("the document is larger than 64 MiB");
  std::string_view content = text;
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  if (!valid_utf8(content)) return refuse("the file is not UTF-8");
  content = trim(content);
  if (content.empty()) return refuse("the file is empty");
  file.value = content.front() == '{' ? read_json(file.name, content) : read_yaml_file(file, content);
  return number;
}

std::optional<std::size_t> Documents::find_file(const Spot& from, std::string_view reference) {
  const std::string_view there = reference.substr(0, reference.find('#'));
  if (there.empty()) return from.file;
  if (names_a_host(there)) {
    tell(Severity::error, "remote-reference", from,
         "nothing is fetched: " + shown(reference) + " would have to be a file below the document's folder");
    return std::nullopt;
  }
  const std::string path = joined(files_[from.file]->path, there);
  if (path.empty()) {
    tell(Severity::error, "outside-reference", from, shown(reference) + " leads out of the document's folder");
    return std::nullopt;
  }
  if (const auto known = by_path_.find(path); known != by_path_.end()) return known->second;
  if (files_.size() >= most_files) {
    tell(Severity::error, "too-many-files", from, "the document has more than 1000 files");
    return std::nullopt;
  }
  auto text = reader_(path);
  if (!text) tell(Severity::error, "unresolved-reference", from, shown(path) + ": " + text.error().message);
  return read(path, path, text ? *text : std::string("{}"));
}

/// What names itself so by a "$anchor", as from 3.1 on a schema may.
Spot Documents::anchored(std::size_t file, const std::string& name) {
  const auto [known, added] = anchors_.try_emplace(file);
  std::vector<Spot> open;
  if (added) open.push_back({files_[file]->value.get(), file, ""});
  while (!open.empty()) {
    const Spot here = std::move(open.back());
    open.pop_back();
    for (std::size_t at = 0; here.is_list() && at < here.value->list().size(); ++at) open.push_back(here.item(at));
    if (!here.is_map()) continue;
    for (const std::string_view word : {"$anchor", "$dynamicAnchor"}) {
      if (const std::string anchor = here.text(word); !anchor.empty()) known->second.try_emplace(anchor, here);
    }
    for (const auto& [key, value] : here.value->map()) {
      if (value.is_map() || value.is_list()) open.push_back(here.at(key.text()));
    }
  }
  const auto found = known->second.find(name);
  return found != known->second.end() ? found->second : Spot();
}

Spot Documents::referred(const Spot& spot) {
  const std::string& reference = spot.value->find("$ref")->text();
  const auto file = find_file(spot, reference);
  if (!file || files_[*file]->value == nullptr) return {};
  const std::size_t hash = reference.find('#');
  const std::string fragment = hash == std::string::npos ? "#" : reference.substr(hash);
  const Value* there = millrace::referred(*files_[*file]->value, fragment);
  if (there != nullptr) return {there, *file, percent_decode(fragment.substr(1)).value_or("")};
  if (const Spot named = fragment.find('/') == std::string::npos ? anchored(*file, fragment.substr(1)) : Spot())
    return named;
  tell(Severity::error, "unresolved-reference", spot, "nothing is at " + shown(reference));
  return {};
}

std::string Documents::letters(const Spot& spot) const {
  if (!spot || spot.is_map() || spot.is_list()) return "";
  if (spot.value->is_text()) return spot.value->text();
  const DocumentFile& file = *files_[spot.file];
  return file.yaml != nullptr ? letters_at(*file.yaml, spot.pointer) : encode_json(*spot.value);
}

Spot Documents::follow(const Spot& spot) {
  Spot here = spot;
  for (int steps = 0; here && is_reference(here); ++steps) {
    if (steps == longest_way) {
      tell(Severity::error, "circular-reference", spot,
           "the reference goes round in a circle, or over more than 32 others");
      return {};
    }
    here = referred(here);
  }
  return here;
}

bool is_marked(Documents& documents, const Spot& schema, std::string_view flag) {
  const Spot here = documents.follow(schema);
  if (schema.is_true(flag) || here.is_true(flag)) return true;
  const Spot parts = here.at("allOf");
  for (std::size_t at = 0; parts.is_list() && at < parts.value->list().size(); ++at) {
    if (parts.item(at).is_true(flag) || documents.follow(parts.item(at)).is_true(flag)) return true;
  }
  return false;
}

void Documents::tell(Severity severity, std::string_view rule, const Spot& at, std::string message) {
  const DocumentFile& file = *files_[at.file];
  ImportFinding finding = {severity, std::string(rule), file.name, at.pointer, 0, 0, std::move(message)};
  if (file.yaml != nullptr && findings_.keeps(finding.rule)) {
    const SourceMark mark = mark_at(*file.yaml, at.pointer);
    finding.line = mark.line;
    finding.column = mark.column;
  }
  findings_.add(std::move(finding));
}

}  // namespace millrace
