#include "courier/shared_budgets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

#include "base/private_files.hpp"
#include "crypto/digest.hpp"

namespace millrace {

namespace {

// The file: a head that says whose layout it has and of which start of the machine it is, then one record a budget.
// Places are locks on bytes far behind its end.
constexpr std::size_t head_size = 128, name_size = 32;
constexpr std::int64_t record_size = name_size + sizeof(BudgetState);
constexpr std::int64_t places_at = std::int64_t{1} << 40;
// What somebody holds is free again in microseconds, but where he was stopped.
constexpr int most_tries = 250;
constexpr auto between_tries = std::chrono::microseconds(200);

/// Locks of the open file, not of the process: one that it opens a second time is somebody else.
bool set_lock(int descriptor, short kind, std::int64_t at, std::int64_t size) {
  struct flock range = {};
  range.l_type = kind;
  range.l_whence = SEEK_SET;
  range.l_start = at;
  range.l_len = size;
  return fcntl(descriptor, F_OFD_SETLK, &range) == 0;
}

bool lock_soon(int descriptor, std::int64_t at, std::int64_t size) {
  for (int tries = 0; tries < most_tries; ++tries) {
    if (set_lock(descriptor, F_WRLCK, at, size)) return true;
    std::this_thread::sleep_for(between_tries);
  }
  return false;
}

bool somebody_locks(int descriptor, std::int64_t at, std::int64_t size) {
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = at;
  range.l_len = size;
  return fcntl(descriptor, F_OFD_GETLK, &range) != 0 || range.l_type != F_UNLCK;
}

bool read_at(int descriptor, std::int64_t at, void* bytes, std::size_t size) {
  return pread(descriptor, bytes, size, at) == static_cast<ssize_t>(size);
}
bool write_at(int descriptor, std::int64_t at, const void* bytes, std::size_t size) {
  return pwrite(descriptor, bytes, size, at) == static_cast<ssize_t>(size);
}

std::string head_of_today() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::string head = "millrace budgets 2, " + std::to_string(record_size) + " bytes each, of the start " + boot;
  head.resize(head_size, '\n');
  return head;
}

/// Where the state lies of the record that begins there.
std::int64_t state_at(std::int64_t record) { return record + static_cast<std::int64_t>(name_size); }

std::int64_t end_of(int descriptor) {
  struct stat about = {};
  return fstat(descriptor, &about) == 0 ? about.st_size : 0;
}

}  // namespace

Result<std::unique_ptr<SharedBudgets>> SharedBudgets::join(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  const int reason = errno;
  if (descriptor < 0) {
    TRY(check_private_file(file.string()));
    return Error{ErrorCode::unavailable, "cannot open " + file.string() + ": " + std::strerror(reason)};
  }
  std::unique_ptr<SharedBudgets> shared(new SharedBudgets(descriptor));
  TRY(check_private_file(file.string(), descriptor));
  if (!shared->begin())
    return Error{ErrorCode::unavailable, file.string() + " is used by another version, or by too many programs"};
  return shared;
}

SharedBudgets::SharedBudgets(int descriptor) : descriptor_(descriptor), searched_to_(head_size) {}

SharedBudgets::~SharedBudgets() { ::close(descriptor_); }

bool SharedBudgets::begin() {
  if (!lock_soon(descriptor_, 0, head_size)) return false;
  const std::string wanted = head_of_today();
  std::string head(head_size, '\0');
  bool good = read_at(descriptor_, 0, head.data(), head_size) && head == wanted;
  if (!good && !somebody_locks(descriptor_, places_at, budget_places)) {
    good = ftruncate(descriptor_, 0) == 0 && write_at(descriptor_, 0, wanted.data(), head_size);
  }
  good = good && take_place();
  set_lock(descriptor_, F_UNLCK, 0, head_size);
  return good;
}

bool SharedBudgets::take_place() {
  while (!set_lock(descriptor_, F_WRLCK, places_at + static_cast<std::int64_t>(place_), 1)) {
    if (++place_ == budget_places) return false;
  }
  // What whoever had it before left under way.
  const std::int64_t end = end_of(descriptor_);
  for (std::int64_t record = head_size; record + record_size <= end; record += record_size) {
    BudgetState state;
    if (!take(state_at(record), state)) continue;
    state.under_way[place_] = 0;
    if (state.asking == static_cast<std::int32_t>(place_)) state.asking = no_place;
    give_back(state_at(record), state);
  }
  return true;
}

bool SharedBudgets::lives(std::size_t place) const {
  return place == place_ || somebody_locks(descriptor_, places_at + static_cast<std::int64_t>(place), 1);
}

std::optional<std::int64_t> SharedBudgets::find(const std::string& name, const BudgetState& initial) {
  const std::string wanted = sha256(name);
  if (const auto known = found_.find(wanted); known != found_.end()) return known->second;
  if (!lock_soon(descriptor_, 0, head_size)) return std::nullopt;
  const std::int64_t end = end_of(descriptor_);
  std::string found(name_size, '\0');
  for (; searched_to_ + record_size <= end && read_at(descriptor_, searched_to_, found.data(), name_size);
       searched_to_ += record_size)
    found_.emplace(found, state_at(searched_to_));
  const auto there = found_.find(wanted);
  std::optional<std::int64_t> at;
  if (there != found_.end()) {
    at = there->second;
  } else if (write_at(descriptor_, state_at(searched_to_), &initial, sizeof(initial)) &&
             write_at(descriptor_, searched_to_, wanted.data(), name_size)) {
    at = state_at(searched_to_);
  }
  set_lock(descriptor_, F_UNLCK, 0, head_size);
  return at;
}

bool SharedBudgets::take(std::int64_t at, BudgetState& state) {
  if (!lock_soon(descriptor_, at, sizeof(state))) return false;
  BudgetState there;
  if (!read_at(descriptor_, at, &there, sizeof(there))) {
    set_lock(descriptor_, F_UNLCK, at, sizeof(state));
    return false;
  }
  for (std::size_t place = 0; place < budget_places; ++place) {
    const bool counts = there.under_way[place] != 0 || there.asking == static_cast<std::int32_t>(place);
    if (!counts || lives(place)) continue;
    there.under_way[place] = 0;
    if (there.asking == static_cast<std::int32_t>(place)) there.asking = no_place;
  }
  state = there;
  return true;
}

void SharedBudgets::give_back(std::int64_t at, const BudgetState& state) {
  write_at(descriptor_, at, &state, sizeof(state));
  set_lock(descriptor_, F_UNLCK, at, sizeof(state));
}

}  // namespace millrace
