#include "yaml/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "base/text.hpp"
#include "yaml/rules.hpp"

namespace millrace {
namespace {

/// The whole file, or the first byte more than is allowed. The text is as large as the file: it is kept as long as the
/// workflow.
bool read_all(int file, std::string& text) {
  struct stat facts = {};
  if (::fstat(file, &facts) != 0) return false;
  text.resize(std::min(static_cast<std::size_t>(facts.st_size), largest_file) + 1);
  std::size_t size = 0;
  ssize_t part = 0;
  while (size < text.size() && (part = ::read(file, text.data() + size, text.size() - size)) > 0)
    size += static_cast<std::size_t>(part);
  text.resize(size);
  return part >= 0;
}

auto order(const Finding& one) {
  return std::make_tuple(one.at.line, one.at.column, static_cast<int>(one.severity), std::string_view(one.rule),
                         std::string_view(one.message));
}

/// npos where none stands without a line feed behind it.
std::size_t find_return_alone(std::string_view text) {
  std::size_t at = text.find('\r');
  while (at != std::string_view::npos && text.substr(at + 1).starts_with('\n')) at = text.find('\r', at + 1);
  return at;
}

}  // namespace

SourceMark whole_file(const std::string& name) {
  return {std::make_shared<const SourceText>(SourceText{name, ""}), 0, 0, 1};
}

std::variant<std::shared_ptr<const SourceText>, Finding> read_source(const std::filesystem::path& path,
                                                                     const std::string& shown_as) {
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  const auto refuse = [&](Rule rule, std::string why) { return finding(rule, whole_file(shown_as), std::move(why)); };
  if (!std::filesystem::exists(status)) return refuse(Rule::unreadable_file, "there is no such file");
  if (std::filesystem::is_directory(status)) return refuse(Rule::unreadable_file, "this is a folder, not a file");
  if (!std::filesystem::is_regular_file(status))
    return refuse(Rule::unreadable_file, "this is not a file that can be read");
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return refuse(Rule::unreadable_file, "the file may not be read: look at its permissions");
  std::string text;
  const bool read = read_all(file, text);
  ::close(file);
  if (!read) return refuse(Rule::unreadable_file, "the file cannot be read");
  return std::make_shared<const SourceText>(SourceText{shown_as, std::move(text)});
}

std::optional<Finding> unfit_text(const std::shared_ptr<const SourceText>& source) {
  const std::string& text = source->text;
  if (text.size() > largest_file) {
    return finding(Rule::file_too_large, whole_file(source->name), "the file is larger than 256 KiB");
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return finding(Rule::not_text, whole_file(source->name), "the file is UTF-16: save it as UTF-8");
  }
  const auto strange = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  };
  const auto found = std::find_if(text.begin(), text.end(), strange);
  if (text.find('\0') != std::string::npos) {
    return finding(Rule::not_text, whole_file(source->name), "this is a binary file, not text");
  }
  if (!valid_utf8(text))
    return finding(Rule::not_text, whole_file(source->name), "the file is not UTF-8: save it as UTF-8");
  // To some readers a line ends there, to others it does not.
  const std::size_t return_alone = find_return_alone(text);
  if (return_alone != std::string::npos) {
    return finding(Rule::not_text, SourceLines(source).mark(return_alone, return_alone + 1),
                   "a line ends here as on an old Mac, by a carriage return alone: save the file with the line ends of "
                   "Unix (LF) or Windows (CRLF)");
  }
  if (found != text.end()) {
    const auto at = static_cast<std::size_t>(found - text.begin());
    return finding(Rule::not_text, SourceLines(source).mark(at, at + 1),
                   "there is a control character here: delete it");
  }
  return std::nullopt;
}

Finding not_a_mapping(const YamlDocument& document, std::string_view example) {
  const Node& root = *document.root;
  const std::string what = root.is_list() ? "a list" : "text";
  return finding(Rule::not_a_mapping, document.mark(root),
                 "the file holds " + what + " where keys are expected: it begins with " + std::string(example));
}

Finding empty_file(const YamlDocument& document) {
  return finding(Rule::empty_file, whole_file(document.lines.source()->name), "the file is empty");
}

void sort_findings(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& left, const Finding& right) { return order(left) < order(right); });
  const auto same = [](const Finding& left, const Finding& right) { return order(left) == order(right); };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
}

std::string workflow_id(std::string_view path) {
  const std::string name = std::filesystem::path(path).filename().string();
  for (const std::string_view ending : {".yaml", ".yml"}) {
    if (name.size() > ending.size() && std::string_view(name).ends_with(ending))
      return name.substr(0, name.size() - ending.size());
  }
  return name;
}

}  // namespace millrace
