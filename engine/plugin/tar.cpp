#include "plugin/tar.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace millrace {
namespace {

constexpr std::size_t block_size = 512;

/// Where things stand in a header, which is one block.
struct Field {
  std::size_t at, size;
};
constexpr Field name_field{0, 100}, size_field{124, 12}, sum_field{148, 8}, magic_field{257, 6}, prefix_field{345, 155};
constexpr std::size_t kind_at = 156;

std::string_view bytes_in(std::string_view block, Field field) { return block.substr(field.at, field.size); }

/// Up to the first zero.
std::string text_in(std::string_view block, Field field) {
  const std::string_view bytes = bytes_in(block, field);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

/// Octal digits, with blanks or zeros around them.
std::optional<std::uint64_t> number_in(std::string_view block, Field field) {
  std::uint64_t number = 0;
  bool any = false;
  for (const char each : text_in(block, field)) {
    if (each == ' ' && !any) continue;
    if (each == ' ') break;
    if (each < '0' || each > '7' || number >> 60U != 0) return std::nullopt;
    number = number * 8 + static_cast<std::uint64_t>(each - '0');
    any = true;
  }
  return any ? std::optional(number) : std::nullopt;
}

/// The sum of all bytes, with blanks in the place of the sum itself.
bool sum_is_right(std::string_view block) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < block.size(); ++at) {
    const bool own = at >= sum_field.at && at < sum_field.at + sum_field.size;
    sum += own ? std::uint64_t{' '} : static_cast<unsigned char>(block[at]);
  }
  return number_in(block, sum_field) == sum;
}

bool only_zeros(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char each) { return each == '\0'; });
}

/// Why an entry of this kind has no place in a package; empty: it is a file or a folder, or says only times and owners.
std::string_view refusal(char kind) {
  switch (kind) {
    case '0':
    case '\0':
    case '5':
    case 'x':
    case 'g':
      return {};
    case '1':
    case '2':
      return "it is a link";
    case '3':
    case '4':
    case '6':
      return "it is a device or a pipe";
    case 'L':
    case 'K':
      return "its name is longer than 100 characters";
    default:
      return "it is no ordinary file";
  }
}

/// A record beside a header ("30 mtime=1700000000.5\n") that would change what is in the archive, and not only tell
/// whose it was and when.
bool changes_more(std::string_view records) {
  while (!records.empty()) {
    const std::size_t blank = records.find(' ');
    const std::size_t equals = records.find('=');
    const std::size_t end = records.find('\n');
    if (blank >= equals || equals >= end || end == std::string_view::npos) return true;
    const std::string_view key = records.substr(blank + 1, equals - blank - 1);
    constexpr std::string_view harmless[] = {"mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment"};
    if (std::find(std::begin(harmless), std::end(harmless), key) == std::end(harmless)) return true;
    records.remove_prefix(end + 1);
  }
  return false;
}

Error broken(const std::string& why) { return {ErrorCode::invalid, "the archive cannot be read: " + why}; }

std::string name_of_entry(std::string_view head) {
  const std::string name = text_in(head, name_field);
  const bool posix = bytes_in(head, magic_field) == std::string_view("ustar\0", 6);
  const std::string prefix = posix ? text_in(head, prefix_field) : std::string();
  return prefix.empty() ? name : prefix + "/" + name;
}

}  // namespace

Result<std::vector<TarFile>> read_tar(std::string_view archive, std::size_t most) {
  std::vector<TarFile> files;
  for (;;) {
    if (archive.size() < block_size) return broken("it is cut off");
    const std::string_view head = archive.substr(0, block_size);
    archive.remove_prefix(block_size);
    if (only_zeros(head)) break;
    if (!sum_is_right(head)) return broken("the head of an entry is damaged, or this is no tar");
    const std::string name = name_of_entry(head), shown = between('"', printable(name), '"');
    const char kind = head[kind_at];
    if (const auto why = refusal(kind); !why.empty())
      return Error{ErrorCode::denied, shown + " cannot be in a package: " + std::string(why)};
    const auto size = number_in(head, size_field);
    if (!size) return broken("the size of " + shown + " is no number");
    if (*size > archive.size()) return broken("it is cut off");
    const std::string_view content = archive.substr(0, *size);
    const std::uint64_t padded = (*size + block_size - 1) / block_size * block_size;
    archive.remove_prefix(std::min<std::uint64_t>(padded, archive.size()));
    if ((kind == 'x' || kind == 'g') && changes_more(content))
      return Error{ErrorCode::denied,
                   "the archive says more of an entry than its head: long names have no place in a "
                   "package, and sizes and links said so neither"};
    // A folder is only a name; the files in it say where they are.
    if (kind != '0' && kind != '\0') continue;
    if (files.size() == most) return Error{ErrorCode::limited, "it holds more than " + counted(most, "file")};
    files.push_back({name, std::string(content)});
  }
  if (!only_zeros(archive)) return broken("it goes on behind its end");
  return files;
}

}  // namespace millrace
