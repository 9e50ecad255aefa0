#include "service/file_listing.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <vector>

namespace millrace {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 10'000;

bool leads_out(const fs::path& path) {
  return path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end();
}

std::int64_t nanoseconds_of(fs::file_time_type time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::file_clock::to_sys(time).time_since_epoch())
      .count();
}

}  // namespace

Result<Value> list_files(const fs::path& folder, const std::string& pattern) {
  const fs::path asked(pattern);
  if (leads_out(asked)) {
    return Error{ErrorCode::denied,
                 "\"" + pattern + "\" leads out of the project's folder, where files are not watched"};
  }
  const fs::path place = folder / asked.parent_path();
  const std::string names = asked.filename().empty() ? "*" : asked.filename().string();
  std::error_code failed;
  std::vector<fs::path> found;
  for (fs::directory_iterator each(place, failed), end; !failed && each != end; each.increment(failed)) {
    const std::string name = each->path().filename().string();
    if (name.starts_with('.') || fnmatch(names.c_str(), name.c_str(), 0) != 0) continue;
    if (found.size() == most_files) {
      return Error{ErrorCode::limited, "more than 10000 files match \"" + pattern + "\""};
    }
    found.push_back(each->path());
  }
  std::sort(found.begin(), found.end());
  const std::int64_t now = nanoseconds_of(fs::file_time_type::clock::now());
  Value::List files;
  for (const fs::path& path : found) {
    std::error_code gone;
    if (!fs::is_regular_file(path, gone)) continue;
    const auto size = fs::file_size(path, gone);
    const std::int64_t modified = nanoseconds_of(fs::last_write_time(path, gone));
    if (gone || now - modified < 1'000'000'000) continue;
    const Timestamp time{modified / 1'000'000'000, static_cast<std::int32_t>(modified % 1'000'000'000)};
    files.push_back(Value::object({{"path", path.lexically_relative(folder).generic_string()},
                                   {"name", path.filename().string()},
                                   {"size", static_cast<std::int64_t>(size)},
                                   {"modified", time}}));
  }
  return Value(std::move(files));
}

}  // namespace millrace
