#include "plugin/package.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "base/descriptor.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "catalog/elf.hpp"
#include "crypto/digest.hpp"
#include "http/content_coding.hpp"
#include "plugin/tar.hpp"

namespace millrace {
namespace {

constexpr std::size_t most_files = 256;
constexpr std::size_t most_bytes = std::size_t{128} << 20;  // of an archive, and of all files

constexpr std::size_t longest_name = 200;
constexpr std::string_view sums_file = "SHA256SUMS", signature_file = "SHA256SUMS.minisig", key_file = "minisign.pub";

/// Names below the package, with "/" between folders, and contents.
using Files = std::map<std::string, std::string>;

std::string shown(const std::string& name) { return between('"', printable(name), '"'); }

Error refused(const std::string& why) { return {ErrorCode::denied, why}; }

Error too_large() { return {ErrorCode::limited, "it holds more than 128 MiB"}; }

/// Opened without waiting for anybody: a FIFO would hold us for ever.
Result<std::string> read_ordinary(const std::filesystem::path& file, int how, std::size_t most) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | how));
  if (!opened) return Error{ErrorCode::not_found, file.string() + " cannot be read: " + std::strerror(errno)};
  struct stat about = {};
  if (::fstat(opened.number(), &about) != 0 || !S_ISREG(about.st_mode))
    return refused(shown(file.string()) + " cannot be in a package: it is no ordinary file");
  std::string content;
  std::string part(std::size_t{1} << 16, '\0');
  for (;;) {
    const ssize_t got = ::read(opened.number(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorCode::denied, file.string() + " cannot be read: " + std::strerror(errno)};
    if (got == 0) return content;
    content.append(part, 0, static_cast<std::size_t>(got));
    if (content.size() > most) return too_large();
  }
}

/// Why a name could lead somewhere else than below the package, or look like another; empty: it is a good one.
std::string_view name_problem(const std::string& name) {
  if (name.empty()) return "it has no name";
  if (name.front() == '/') return "it is a path from the root";
  if (name.size() > longest_name) return "its name is too long";
  if (!valid_utf8(name) || printable(name) != name || name.find('\\') != std::string::npos)
    return "its name has characters that do not belong into one";
  const std::vector<std::string> parts = split(name, '/');
  for (const std::string& part : parts) {
    if (part == "..") return "its path leads out of the package (\"..\")";
    if (part.empty() || part == ".") return "its path says a folder that is none";
  }
  if (parts.size() > 3) return "it lies too deep";
  return {};
}

/// Puts a file where its name says; names that differ in small and capital letters only are one.
Status add(Files& files, std::set<std::string>& taken, std::string name, std::string content) {
  if (name.starts_with("./")) name.erase(0, 2);
  if (const auto why = name_problem(name); !why.empty())
    return refused(shown(name) + " cannot be in a package: " + std::string(why));
  if (!taken.insert(lower(name)).second) return refused("the package holds " + shown(name) + " twice");
  files.emplace(std::move(name), std::move(content));
  return Done{};
}

Result<Files> files_of_folder(const std::filesystem::path& folder) {
  Files files;
  std::set<std::string> taken;
  std::size_t bytes = 0;
  std::error_code failed;
  std::filesystem::recursive_directory_iterator entries(folder, failed);
  for (std::size_t count = 0; !failed && entries != std::filesystem::recursive_directory_iterator(); ++count) {
    const std::filesystem::path path = entries->path();
    const std::string name = path.lexically_relative(folder).generic_string();
    if (count == 2 * most_files) return Error{ErrorCode::limited, "it holds more than 256 files"};
    const auto status = entries->symlink_status(failed);
    if (std::filesystem::is_symlink(status)) return refused(shown(name) + " cannot be in a package: it is a link");
    if (entries.depth() > 2) return refused(shown(name) + " cannot be in a package: it lies too deep");
    if (!std::filesystem::is_directory(status)) {
      std::string content = TRY(read_ordinary(path, O_NOFOLLOW, most_bytes - bytes));
      bytes += content.size();
      TRY(add(files, taken, name, std::move(content)));
    }
    entries.increment(failed);
  }
  if (failed) return Error{ErrorCode::denied, folder.string() + " cannot be read: " + failed.message()};
  return files;
}

Result<Files> files_of_archive(const std::string& packed) {
  std::string archive;
  const auto decoder = ContentDecoder::of("gzip");
  const auto outcome = decoder->add(packed, archive, most_bytes);
  if (outcome == ContentDecoder::Outcome::too_large) return too_large();
  if (outcome != ContentDecoder::Outcome::good || !decoder->whole())
    return Error{ErrorCode::invalid, "the archive cannot be unpacked: it is damaged or cut off"};
  auto entries = TRY(read_tar(archive, most_files));
  Files files;
  std::set<std::string> taken;
  for (TarFile& entry : entries) TRY(add(files, taken, std::move(entry.name), std::move(entry.content)));
  return files;
}

/// "acme_crm-1.4.0/..." around everything is what archives have, and says nothing.
Files without_outer_folder(Files files) {
  if (files.empty()) return files;
  const std::string outer = files.begin()->first.substr(0, files.begin()->first.find('/') + 1);
  const bool around = !outer.empty() && std::all_of(files.begin(), files.end(), [&outer](const auto& file) {
    return file.first.starts_with(outer);
  });
  if (!around) return files;
  Files inner;
  for (auto& [name, content] : files) inner.emplace(name.substr(outer.size()), std::move(content));
  return inner;
}

/// Every file is named by SHA256SUMS with what it holds, and everything that is named is there.
Status check_sums(const Files& files, const std::string& sums) {
  std::set<std::string> told;
  std::vector<std::string> lines = split(sums, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (const std::string& line : lines) {
    constexpr std::size_t digits = 64;
    const bool formed = line.size() > digits + 2 && line[digits] == ' ' &&
                        (line[digits + 1] == ' ' || line[digits + 1] == '*') &&
                        line.find_first_not_of("0123456789abcdef") == digits;
    if (!formed) return refused("SHA256SUMS has a line that sha256sum does not write: " + shown(shortened(line, 80)));
    std::string name = line.substr(digits + 2);
    if (name.starts_with("./")) name.erase(0, 2);
    const auto file = files.find(name);
    if (file == files.end()) return refused("SHA256SUMS names " + shown(name) + ", which is not in the package");
    if (!told.insert(name).second) return refused("SHA256SUMS names " + shown(name) + " twice");
    if (fingerprint(file->second) != line.substr(0, digits))
      return refused(shown(name) + " is not the file that SHA256SUMS names: it was changed");
  }
  for (const auto& [name, content] : files) {
    if (name == sums_file || name == signature_file || name == key_file || told.contains(name)) continue;
    return refused("SHA256SUMS does not name " + shown(name) + ": make it anew with sha256sum");
  }
  return Done{};
}

/// The manifest is what the package is called after.
Result<std::string> name_in(const Files& files) {
  std::vector<std::string> names;
  for (const auto& [file, content] : files) {
    if (file.ends_with(".json") && file.find('/') == std::string::npos)
      names.push_back(file.substr(0, file.size() - 5));
  }
  if (names.empty()) return refused("there is no manifest in the package: NAME.json");
  if (names.size() > 1) return refused("there are several manifests in the package: " + join(names, ", "));
  const std::string& name = names.front();
  const bool word = !name.empty() && name.size() <= 64 && name.front() >= 'a' && name.front() <= 'z' &&
                    name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (!word) return refused(shown(name) + " is no name for a plugin: small letters, digits and _");
  return name;
}

std::optional<std::string> content_of(const Files& files, std::string_view name) {
  const auto found = files.find(std::string(name));
  return found == files.end() ? std::nullopt : std::optional(found->second);
}

/// NAME.so of this machine, out of those for several or the only one.
Result<std::optional<std::string>> library_in(const Files& files, const std::string& name) {
  const std::string own(own_machine().name), file = name + ".so";
  const auto for_this = content_of(files, own + "/" + file), only = content_of(files, file);
  if (for_this && only) return refused("there are two libraries for " + own + " in the package");
  std::vector<std::string> others;
  for (const auto& [path, content] : files) {
    if (path.ends_with("/" + file)) others.push_back(path.substr(0, path.find('/')));
  }
  if (!for_this && !only) {
    if (others.empty()) return std::optional<std::string>();
    return refused("the package has no library for " + own + ", which this machine is; it has one for " +
                   join(others, ", "));
  }
  const std::string& library = for_this ? *for_this : *only;
  const auto machine = read_elf(library).machine;
  if (machine == 0) return refused(shown(file) + " is no library (ELF, 64 bits)");
  if (machine != own_machine().number) return refused(shown(file) + " was built for another machine than " + own);
  return std::optional(library);
}

Result<Package> package_of(const Files& files) {
  Package package;
  package.name = TRY(name_in(files));
  const auto sums = content_of(files, sums_file);
  if (!sums)
    return refused("there is no SHA256SUMS in the package: sha256sum " + package.name + ".json ... > SHA256SUMS");
  TRY(check_sums(files, *sums));
  package.sums = *sums;
  package.manifest = *content_of(files, package.name + ".json");
  package.library = TRY(library_in(files, package.name));
  package.signature = content_of(files, signature_file);
  package.key = content_of(files, key_file);
  const std::set<std::string, std::less<>> used = {
      package.name + ".json", package.name + ".so",        std::string(own_machine().name) + "/" + package.name + ".so",
      std::string(sums_file), std::string(signature_file), std::string(key_file)};
  for (const auto& [name, content] : files) {
    if (!used.contains(name)) package.left_out.push_back(name);
  }
  return package;
}

}  // namespace

Result<Package> read_package(const std::filesystem::path& path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return package_of(TRY(files_of_folder(path / "")));
  const std::string packed = TRY(read_ordinary(path, 0, most_bytes));
  if (!packed.starts_with("\x1f\x8b")) return refused(shown(path.string()) + " is neither a folder nor a .tar.gz");
  return package_of(without_outer_folder(TRY(files_of_archive(packed))));
}

}  // namespace millrace
