#include "journal/store_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/private_files.hpp"

namespace millrace {

namespace {

// Of SQLite's log: what it begins with (another one each time that the log begins anew) and what each page of it begins
// with. https://www.sqlite.org/fileformat2.html#the_write_ahead_log
constexpr std::size_t log_head_size = 32, page_head_size = 24;

constexpr std::int64_t mark_format = 0x4d61726b00000001;  // "Mark", 1

/// The bytes of the file. The last word tells whether they belong together: a power cut may leave a part.
struct MarkWords {
  std::int64_t format = mark_format, store = 0, entries = 0, moved = 0;
  /// Without signs: whatever the words are, none of it overflows.
  std::int64_t check() const noexcept {
    const auto word = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
    return static_cast<std::int64_t>(word(format) ^ word(store) ^ word(entries) * 3 ^ word(moved) * 5);
  }
};

Error lost(const std::filesystem::path& file, const std::string& what) {
  return {ErrorCode::unavailable,
          file.string() + " " + what +
              " while the store was in use, so nothing more is accepted: what was written last may not be in what has "
              "this name now; put back the files that were there, or restore a backup, and start Millrace again"};
}

}  // namespace

std::filesystem::path mark_file(const std::filesystem::path& store) { return store.string() + "-mark"; }

Status check_store_files(const std::filesystem::path& store) {
  for (const char* part : {"", "-wal", "-shm", "-mark"}) TRY(check_private_file(store.string() + part));
  return Done{};
}

std::string shortfall(const std::filesystem::path& store, std::int64_t missing, std::int64_t taken) {
  const std::string file = store.string();
  return "the store " + file + " lacks the last " + std::to_string(missing) + " of the " + std::to_string(taken) +
         " entries that it had taken: its log " + file +
         "-wal is gone or damaged, or an older file has its name; put the files back, or use \"millrace restore\" for "
         "a "
         "backup; to go on without what is missing, remove " +
         mark_file(store).string();
}

std::string log_held_up(const std::filesystem::path& file, std::int64_t bytes) {
  return "the log " + file.string() + "-wal has grown to " + std::to_string(bytes >> 20) +
         " MiB, because a program that reads the store does not come to its end; \"fuser " + file.string() +
         "\" tells which have it open; when it has ended the log is moved into the file";
}

StoreFiles::~StoreFiles() {
  if (mark_ >= 0) ::close(mark_);
  if (log_ >= 0) ::close(log_);
}

StoreFiles::Look StoreFiles::look_at(const std::filesystem::path& file) {
  struct stat target = {}, own = {};
  if (::stat(file.c_str(), &target) != 0 || ::lstat(file.c_str(), &own) != 0) return {};
  return {{target.st_dev, own.st_dev, target.st_ino, own.st_ino}, target.st_size};
}

std::int64_t StoreFiles::written_at() const {
  struct stat facts = {};
  if (::stat(store_.c_str(), &facts) != 0) return 0;
  return std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

void StoreFiles::remember() {
  for (std::size_t i = 0; i < parts.size(); ++i) looks_[i] = look_at(path_of(parts[i]));
  written_ = written_at();
  if (log_ >= 0) ::close(log_);
  log_ = ::open(path_of("-wal").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

Status StoreFiles::check() {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::filesystem::path file = path_of(parts[i]);
    const Look now = look_at(file);
    if (now.place != looks_[i].place)
      return lost(file, now.place == Place{} ? "was removed or moved away" : "was replaced by another file");
    // The file itself becomes smaller when it is tidied up; a log that was very large is cut back by who begins it
    // anew.
    if (i > 0 && now.size < std::min(looks_[i].size, large_log)) return lost(file, "was cut short");
    looks_[i].size = now.size;
  }
  return log_is_whole() ? Status(Done{}) : lost(path_of("-wal"), "was cut short");
}

Status StoreFiles::check_shared_memory() {
  const std::filesystem::path file = path_of(parts.back());
  Look& known = looks_.back();
  const Look now = look_at(file);
  if (now.place == known.place && now.size < known.size) return lost(file, "was cut short");
  known = now;
  return Done{};
}

std::string StoreFiles::read_log(std::int64_t at, std::size_t size) const {
  std::string bytes(size, '\0');
  const ssize_t count = log_ < 0 ? 0 : ::pread(log_, bytes.data(), size, at);
  bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return bytes;
}

/// What is written behind the place where a log was cut off makes it as long as before, so its size alone does not
/// tell.
bool StoreFiles::log_is_whole() {
  const std::string head = read_log(0, log_head_size);
  if (head == log_head_) return log_end_.empty() || read_log(log_end_at_, log_end_.size()) == log_end_;
  if (head.size() < log_head_size || head.find_first_not_of('\0') != 0) return false;
  log_head_ = head;  // it was begun anew
  log_end_.clear();
  return true;
}

void StoreFiles::remember_log(std::int64_t pages) {
  log_end_.clear();
  if (pages <= 0 || log_head_.size() < log_head_size) return;
  std::size_t size = 0;  // of a page, as the head says
  for (std::size_t i = 8; i < 12; ++i) size = size << 8 | static_cast<unsigned char>(log_head_[i]);
  size += page_head_size;
  log_end_at_ = static_cast<std::int64_t>(log_head_size) + (pages - 1) * static_cast<std::int64_t>(size);
  log_end_ = read_log(log_end_at_, size);
}

Status StoreFiles::check_content() {
  TRY(check());
  const std::int64_t written = written_at();
  if (written == written_) return Done{};
  auto mark = read_mark();
  if (mark && mark->moved == StoreMark::being_moved) {
    // Nobody moves it now: who did has not come to its end, and the log holds all that it was moving.
    mark->moved = written;
    write_mark(*mark);
  }
  if (!mark || mark->moved != written) return lost(store_, "was written by another program");
  written_ = written;
  return Done{};
}

bool StoreFiles::open_mark() {
  if (mark_ < 0)
    mark_ = ::open(mark_file(store_).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  return mark_ >= 0;
}

std::optional<StoreMark> StoreFiles::read_mark() {
  std::array<std::int64_t, 5> words = {};
  if (!open_mark() || ::pread(mark_, words.data(), sizeof words, 0) != sizeof words) return std::nullopt;
  const MarkWords mark{words[0], words[1], words[2], words[3]};
  if (mark.format != mark_format || mark.check() != words[4]) return std::nullopt;
  return StoreMark{mark.store, mark.entries, mark.moved};
}

void StoreFiles::write_mark(const StoreMark& mark) {
  const MarkWords words{mark_format, mark.store, mark.entries, mark.moved};
  const std::array<std::int64_t, 5> bytes = {words.format, words.store, words.entries, words.moved, words.check()};
  // Where it cannot be written the store is as good as before; only a loss of its log would go unseen.
  if (open_mark() && ::pwrite(mark_, bytes.data(), sizeof bytes, 0) < 0) return;
}

}  // namespace millrace
