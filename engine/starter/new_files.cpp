#include "starter/new_files.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;

/// "" where nothing has the name, or what has it.
std::string what_stands(const fs::path& path) {
  std::error_code failed;
  switch (fs::symlink_status(path, failed).type()) {
    case fs::file_type::not_found:
      return "";
    case fs::file_type::regular:
      return "a file";
    case fs::file_type::directory:
      return "a folder";
    case fs::file_type::symlink:
      return "a link";
    case fs::file_type::none:
    case fs::file_type::block:
    case fs::file_type::character:
    case fs::file_type::fifo:
    case fs::file_type::socket:
    case fs::file_type::unknown:
      return "something that is no file";
  }
  return "";
}

/// What is in the way of a file: itself, or a part of the way to it that is no folder; empty: nothing is.
std::string in_the_way(const fs::path& folder, const std::string& path) {
  fs::path here = folder;
  const fs::path way(path);
  for (auto part = way.begin(); part != way.end(); ++part) {
    here /= *part;
    const std::string what = what_stands(here);
    const bool last = std::next(part) == way.end();
    if (what.empty()) return "";
    if (last || what != "a folder") return here.lexically_relative(folder).string() + " (" + what + ")";
  }
  return "";
}

Error cannot_make(const fs::path& folder, const std::error_code& why) {
  return {ErrorCode::denied, "cannot make the folder " + folder.string() + ": " + why.message()};
}

Status make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return cannot_make(folder, failed);
  return Done{};
}

Status put(const fs::path& folder, const NewFile& file) {
  const fs::path path = folder / file.path;
  if (file.secret) {
    TRY(keep_folder_private(path.parent_path().string()));
  } else {
    TRY(make_folder(path.parent_path()));
  }
  if (TRY(put_new_file(path.string(), file.text, file.secret ? 0600 : 0644))) return Done{};
  return Error{ErrorCode::conflict, path.string() + " is there already"};
}

}  // namespace

Result<PutFiles> put_new_files(const fs::path& folder, const std::vector<NewFile>& files) {
  // A slash behind a link would lead through it.
  const fs::path root = folder.has_filename() ? folder : folder.parent_path();
  const std::string what = what_stands(root);
  if (!what.empty() && what != "a folder")
    return Error{ErrorCode::conflict, root.string() + " is " + what + ": give a folder, or a name that is free"};
  PutFiles put_files;
  std::vector<std::string> standing;
  std::vector<const NewFile*> missing;
  for (const NewFile& file : files) {
    const std::string obstacle = in_the_way(root, file.path);
    if (obstacle.empty()) {
      missing.push_back(&file);
    } else if (file.may_stand && what_stands(root / file.path) == "a file") {
      put_files.kept.push_back(file.path);
    } else if (std::find(standing.begin(), standing.end(), obstacle) == standing.end()) {
      standing.push_back(obstacle);
    }
  }
  if (!standing.empty()) {
    return Error{ErrorCode::conflict, "nothing was written, because this is there already in " + root.string() + ": " +
                                          join(standing, ", ")};
  }
  TRY(make_folder(root));
  for (const NewFile* file : missing) {
    const Status done = put(root, *file);
    if (done) {
      put_files.written.push_back(file->path);
      continue;
    }
    std::error_code failed;
    for (const std::string& path : put_files.written) fs::remove(root / path, failed);
    return done.error();
  }
  return put_files;
}

}  // namespace millrace
