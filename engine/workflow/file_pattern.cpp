#include "workflow/file_pattern.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace millrace {
namespace {

constexpr std::size_t most_choices = 100;
constexpr std::string_view any_folders = "**";

Error unfit(std::string message) { return {.code = ErrorCode::invalid, .message = std::move(message)}; }

/// Behind the `]` that closes the `[` at `open`; a `]` right behind the `[` is one of the characters.
std::size_t class_end(std::string_view text, std::size_t open) {
  std::size_t first = open + 1;
  if (first < text.size() && (text[first] == '!' || text[first] == '^')) ++first;
  const std::size_t close = text.find(']', first + 1);
  return close == std::string_view::npos ? close : close + 1;
}

/// Where the `{` at `open` ends, and its commas, both left out of account in brackets inside.
struct Braces {
  std::size_t close = std::string_view::npos;
  std::vector<std::size_t> commas;
};

Braces braces_at(std::string_view text, std::size_t open) {
  Braces found;
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == '[') {
      const std::size_t end = class_end(text, at);
      if (end != std::string_view::npos) at = end - 1;
    } else if (text[at] == '{') {
      ++depth;
    } else if (text[at] == '}' && --depth == 0) {
      found.close = at;
      return found;
    } else if (text[at] == ',' && depth == 1) {
      found.commas.push_back(at);
    }
  }
  return found;
}

/// Every text that the braces of `text` leave open. False where they are too many, or not closed.
bool expand(const std::string& text, std::vector<std::string>& choices) {
  std::size_t open = 0;
  while (open < text.size() && text[open] != '{') {
    const std::size_t end = text[open] == '[' ? class_end(text, open) : open + 1;
    open = std::min(end, text.size());
  }
  if (open == text.size()) {
    choices.push_back(text);
    return choices.size() <= most_choices;
  }
  Braces braces = braces_at(text, open);
  if (braces.close == std::string::npos) return false;
  std::size_t begin = open + 1;
  braces.commas.push_back(braces.close);
  for (const std::size_t end : braces.commas) {
    if (!expand(text.substr(0, open) + text.substr(begin, end - begin) + text.substr(braces.close + 1), choices))
      return false;
    begin = end + 1;
  }
  return true;
}

/// What makes a pattern one that no file below the project can fit.
std::optional<Error> leads_out(std::string_view text) {
  const std::string shown = "\"" + std::string(text) + "\"";
  const std::string cure = "files are watched below the project's folder only; link a folder from elsewhere into it";
  if (text.starts_with('/')) return unfit(shown + " is a path from the root of the disk, and " + cure);
  if (text.starts_with('~')) return unfit(shown + " is a path from somebody's home, and " + cure);
  if (text.find('\\') != std::string_view::npos)
    return unfit(shown + " has a backslash: folders are separated by / on every system");
  return std::nullopt;
}

std::optional<Error> unfit_part(const std::string& part) {
  if (part == "..") return unfit("\"..\" leads out of the project's folder; link a folder from elsewhere into it");
  if (part != any_folders && part.find(any_folders) != std::string::npos) {
    const std::size_t at = part.find(any_folders);
    return unfit("\"" + part + "\": ** stands for whole folders, so it is alone between slashes, as in \"" +
                 part.substr(0, at) + (at == 0 ? "" : "*/") + "**/*" + part.substr(at + any_folders.size()) + "\"");
  }
  for (std::size_t at = 0; at < part.size(); ++at) {
    if (part[at] != '[') continue;
    const std::size_t end = class_end(part, at);
    if (end == std::string::npos) return unfit("\"" + part + "\": the [ has no ]");
    at = end - 1;
  }
  return std::nullopt;
}

Result<FilePattern::Parts> parts_of(const std::string& choice) {
  FilePattern::Parts parts;
  for (std::string& part : split(choice, '/')) {
    if (part.empty() || part == ".") continue;
    if (auto problem = unfit_part(part)) return *problem;
    const bool repeated = part == any_folders && !parts.empty() && parts.back() == any_folders;
    if (!repeated) parts.push_back(std::move(part));
  }
  const bool folder = choice.ends_with('/') || parts.empty() || parts.back() == any_folders;
  if (folder) parts.emplace_back("*");
  return parts;
}

std::size_t character_end(std::string_view name, std::size_t at) {
  return at + offset_of_character(name.substr(at), 1);
}

/// Whether the class at `open` has the character. One of several bytes is compared as a whole, and not as a range's
/// end.
bool in_class(std::string_view part, std::size_t open, std::size_t end, std::string_view character) {
  std::size_t at = open + 1;
  const bool negated = part[at] == '!' || part[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at + 1 < end) {
    const std::size_t next = character_end(part, at);
    const std::string_view from = part.substr(at, next - at);
    const bool range = next + 1 < end - 1 && part[next] == '-';
    const std::size_t last = range ? character_end(part, next + 1) : next;
    const std::string_view to = range ? part.substr(next + 1, last - next - 1) : from;
    const auto before = [](std::string_view one, std::string_view other) {
      return one.size() != other.size() ? one.size() < other.size() : one <= other;
    };
    found = found || (before(from, character) && before(character, to));
    at = last;
  }
  return found != negated;
}

bool parts_match(const FilePattern::Parts& pattern, std::size_t at, const FilePattern::Parts& path, std::size_t here) {
  for (; at < pattern.size(); ++at, ++here) {
    if (pattern[at] == any_folders) {
      for (std::size_t folders = here; folders < path.size(); ++folders) {
        if (parts_match(pattern, at + 1, path, folders)) return true;
        if (path[folders].starts_with('.')) return false;
      }
      return false;
    }
    if (here >= path.size() || !part_matches(pattern[at], path[here])) return false;
  }
  return here == path.size();
}

}  // namespace

bool part_matches(std::string_view part, std::string_view name) {
  if (name.starts_with('.') && !part.starts_with('.')) return false;
  std::size_t at = 0, here = 0;
  std::size_t star = std::string_view::npos, retry = 0;
  while (here < name.size()) {
    const std::size_t end = at < part.size() && part[at] == '[' ? class_end(part, at) : at + 1;
    const std::size_t next = character_end(name, here);
    if (at < part.size() && part[at] == '*') {
      star = at++;
      retry = here;
    } else if (at < part.size() && part[at] == '?') {
      ++at;
      here = next;
    } else if (at < part.size() && part[at] == '[' && in_class(part, at, end, name.substr(here, next - here))) {
      at = end;
      here = next;
    } else if (at < part.size() && part[at] != '[' && part[at] == name[here]) {
      ++at;
      ++here;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      here = retry = character_end(name, retry);
    } else {
      return false;
    }
  }
  while (at < part.size() && part[at] == '*') ++at;
  return at == part.size();
}

Result<FilePattern> FilePattern::parse(std::string_view text) {
  if (auto problem = leads_out(text)) return *problem;
  std::vector<std::string> choices;
  if (!expand(std::string(text), choices)) {
    return choices.size() > most_choices
               ? unfit("the braces of \"" + std::string(text) + "\" stand for more than 100 patterns")
               : unfit("\"" + std::string(text) + "\": the { has no }");
  }
  FilePattern pattern;
  for (const std::string& choice : choices) {
    if (auto problem = leads_out(choice)) return *problem;
    pattern.choices_.push_back(TRY(parts_of(choice)));
  }
  return pattern;
}

bool FilePattern::matches(std::string_view path) const {
  const Parts parts = split(path, '/');
  return std::any_of(choices_.begin(), choices_.end(),
                     [&](const Parts& choice) { return parts_match(choice, 0, parts, 0); });
}

bool FilePattern::may_match(std::string_view beginning) const {
  return std::any_of(choices_.begin(), choices_.end(), [&](const Parts& choice) {
    const std::string whole = join(choice, "/");
    const std::string_view fixed = std::string_view(whole).substr(0, whole.find_first_of("*?["));
    return beginning.starts_with(fixed) || fixed.starts_with(beginning);
  });
}

}  // namespace millrace
