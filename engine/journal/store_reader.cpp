#include "journal/store_reader.hpp"

#include <system_error>

#include "journal/layout.hpp"
#include "journal/store_position.hpp"

namespace millrace {

StoreReader::StoreReader(Loop& loop, std::filesystem::path file, std::string vfs)
    : loop_(loop), file_(std::move(file)), vfs_(std::move(vfs)), files_(file_) {}

Status StoreReader::open() {
  if (database_ && !older_) return files_.check_shared_memory();
  database_.reset();
  std::error_code ignored;
  if (vfs_.empty()) {
    TRY(check_store_files(file_));
    if (!std::filesystem::exists(file_, ignored)) return check_position(files_, nullptr);
  }
  // A reader of a log has to share memory with the writer, so the file is opened for writing, too.
  auto opened = Database::open(file_.string(), SQLITE_OPEN_READWRITE, vfs_);
  if (!opened) return opened.error();
  const auto prepared = prepare_for_reading(*opened, file_.string());
  if (!prepared) return prepared;
  if (vfs_.empty()) TRY(check_position(files_, &*opened));
  older_ = is_older(*opened);
  database_ = older_ ? TRY(read_older(std::move(*opened), file_.string())) : std::move(*opened);
  return files_.check_shared_memory();
}

}  // namespace millrace
