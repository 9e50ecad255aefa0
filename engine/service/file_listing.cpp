#include "service/file_listing.hpp"

#include <sys/stat.h>

#include <map>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 10'000;
constexpr std::size_t most_told = 3;
constexpr std::int64_t quiet = 1;          // seconds without a change, before a file counts
constexpr std::int64_t clocks_apart = 60;  // seconds by which another machine's clock may be ahead

bool fixed(const std::string& part) { return part.find_first_of("*?[") == std::string::npos; }

/// A name that is not UTF-8, as it can be shown: "b\xfcro.csv".
std::string with_bytes_spelled(const std::string& name) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string shown;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      shown += c;
    } else {
      shown += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return shown;
}

class Listing {
 public:
  Listing(fs::path folder, const OwnFiles& own) : folder_(std::move(folder)), own_(own), now_(now_utc()) {}

  void look(const FilePattern::Parts& parts) { look(fs::path(), parts, 0); }

  Result<FileListing> result(const FilePattern& pattern) && {
    if (files_.size() > most_files) {
      return Error{ErrorCode::limited, "more than 10000 files match \"" + join(pattern.choices().front(), "/") + "\""};
    }
    FileListing listing;
    Value::List files;
    for (auto& [path, file] : files_) files.push_back(std::move(file));
    listing.files = Value(std::move(files));
    for (const auto& [path, problem] : problems_) {
      if (listing.problems.size() == most_told) {
        listing.problems.push_back("and " + std::to_string(problems_.size() - most_told) + " more");
        break;
      }
      listing.problems.push_back(problem);
    }
    listing.unsettled = std::move(unsettled_);
    listing.whole = whole_;
    return listing;
  }

 private:
  /// What the parts from `at` on mean below `place`.
  void look(const fs::path& place, const FilePattern::Parts& parts, std::size_t at) {
    if (files_.size() > most_files) return;
    const std::string& part = parts[at];
    const bool last = at + 1 == parts.size();
    if (fixed(part) && !last) return look(place / part, parts, at + 1);
    if (fixed(part)) return take_named(place, part);
    const bool any = part == "**";
    if (any) look(place, parts, at + 1);
    for (const fs::path& name : names_in(place)) {
      if (!any && !part_matches(part, name.string())) continue;
      if (any && (name.string().starts_with('.') || is_link(place / name))) continue;
      if (last) {
        take(place / name);
      } else if (is_folder(place / name) && readable(place / name)) {
        look(place / name, parts, any ? at : at + 1);
      }
    }
  }

  std::vector<fs::path> names_in(const fs::path& place) {
    std::vector<fs::path> names;
    std::error_code failed;
    for (fs::directory_iterator each(folder_ / place, failed), end; !failed && each != end; each.increment(failed))
      names.push_back(each->path().filename());
    if (failed == std::errc::no_such_file_or_directory) {
      whole_ = false;
    } else if (failed && failed != std::errc::not_a_directory) {
      tell_unread(place, failed);
    }
    return names;
  }

  void tell_unread(const fs::path& place, const std::error_code& failed) {
    problems_[place.string()] = "the folder " + place.string() + " cannot be read: " + failed.message();
    whole_ = false;
  }

  /// Where its folder is not there, or may not be read, it is not known whether the file is gone.
  void take_named(const fs::path& place, const std::string& name) {
    std::error_code failed;
    if (fs::exists(folder_ / place / name, failed)) return take(place / name);
    if (failed) return tell_unread(place, failed);
    if (!fs::exists(folder_ / place, failed)) whole_ = false;
  }

  void take(const fs::path& path) {
    struct stat facts = {};
    if (::stat((folder_ / path).c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return;
    if (own_.has(path) || !readable(path)) return;
    const Timestamp modified{facts.st_mtim.tv_sec, static_cast<std::int32_t>(facts.st_mtim.tv_nsec)};
    const Value file = Value::object({{"path", path.generic_string()},
                                      {"name", path.filename().string()},
                                      {"size", static_cast<std::int64_t>(facts.st_size)},
                                      {"modified", modified}});
    unsettled_[path.generic_string()] = file;
    if (modified.seconds > now_.seconds + clocks_apart) {
      problems_[path.string()] = path.string() + " has a time that lies in the future, so it is not known whether it " +
                                 "is finished: \"touch\" it";
      return;
    }
    const Timestamp quiet_since{now_.seconds - quiet, now_.nanos};
    if (modified > quiet_since) return;
    unsettled_.erase(path.generic_string());
    files_[path.generic_string()] = file;
  }

  /// A name that is no text can neither be told to a workflow nor be remembered.
  bool readable(const fs::path& path) {
    if (valid_utf8(path.string())) return true;
    problems_[path.string()] = "the name " + with_bytes_spelled(path.string()) + " is not UTF-8: rename it";
    return false;
  }

  bool is_folder(const fs::path& path) const {
    std::error_code failed;
    return fs::is_directory(folder_ / path, failed);
  }
  bool is_link(const fs::path& path) const {
    std::error_code failed;
    return fs::is_symlink(folder_ / path, failed) && is_folder(path);
  }

  fs::path folder_;
  const OwnFiles& own_;
  Timestamp now_;
  std::map<std::string, Value> files_;
  std::map<std::string, std::string> problems_;
  std::map<std::string, Value> unsettled_;
  bool whole_ = true;
};

}  // namespace

Result<FileListing> list_files(const fs::path& folder, const FilePattern& pattern, const OwnFiles& own) {
  Listing listing(folder, own);
  for (const FilePattern::Parts& choice : pattern.choices()) listing.look(choice);
  return std::move(listing).result(pattern);
}

}  // namespace millrace
