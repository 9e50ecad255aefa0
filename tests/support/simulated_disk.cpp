#include "simulated_disk.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>

#include "simulated_files.hpp"

namespace millrace::test {

namespace {

constexpr std::size_t sector = 512;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

void lay_bytes(std::string& content, std::size_t place, std::string_view bytes) {
  if (content.size() < place + bytes.size()) content.resize(place + bytes.size());
  content.replace(place, bytes.size(), bytes);
}

void put(const PendingChange& change, std::string& content) {
  if (!change.shortening) return lay_bytes(content, change.place, change.bytes);
  if (content.size() > change.place) content.resize(change.place);
}

std::size_t index(SimulatedDisk::Operation operation) { return static_cast<std::size_t>(operation); }

}  // namespace

void StoredFile::write(std::size_t place, std::string_view bytes) {
  if (bytes.empty()) return;
  lay_bytes(seen, place, bytes);
  pending.push_back({place, std::string(bytes)});
}

void StoredFile::shorten(std::size_t size) {
  if (size >= seen.size()) return;
  seen.resize(size);
  pending.push_back({size, "", true});
}

void StoredFile::sync() {
  std::vector<PendingChange> kept;
  for (PendingChange& change : pending) {
    if (change.fate != PendingChange::Fate::in_doubt) {
      put(change, durable);
      if (kept.empty()) continue;
      change.fate = PendingChange::Fate::certain;
    }
    kept.push_back(std::move(change));
  }
  pending = std::move(kept);
}

void StoredFile::put_in_doubt() {
  for (PendingChange& change : pending) {
    if (change.fate == PendingChange::Fate::open) change.fate = PendingChange::Fate::in_doubt;
  }
}

void StoredFile::settle(std::mt19937_64& random) {
  const std::uint64_t lucky = random() % 5;  // out of four: none of it landed, some, all
  const auto lands = [&] { return random() % 4 < lucky; };
  std::string after = durable;
  for (const PendingChange& change : pending) {
    const bool certain = change.fate == PendingChange::Fate::certain;
    if (change.shortening || certain) {
      if (certain || lands()) put(change, after);
      continue;
    }
    for (std::size_t at = 0; at < change.bytes.size();) {
      const std::size_t size = std::min(change.bytes.size() - at, sector - (change.place + at) % sector);
      if (lands()) lay_bytes(after, change.place + at, std::string_view(change.bytes).substr(at, size));
      at += size;
    }
  }
  // A file may have become longer before its content came.
  if (after.size() < seen.size() && lands()) after.resize(after.size() + random() % (seen.size() - after.size() + 1));
  durable = seen = std::move(after);
  pending.clear();
  forget_users();
}

void StoredFile::forget_users() {
  shared.reset();
  users.clear();
}

bool SimulatedDisk::Inner::fails(Operation operation) {
  const std::int64_t number = ++asked[index(operation)];
  const Fault& fault = faults[index(operation)];
  if (number != fault.at && !(fault.for_ever && number > fault.at)) return false;
  ++failed[index(operation)];
  return true;
}

bool SimulatedDisk::Inner::change() {
  if (++changes >= last_change) power = false;
  return power;
}

std::size_t SimulatedDisk::Inner::room_for(const StoredFile& file, std::size_t end) const {
  if (!capacity || end <= file.seen.size()) return end;
  std::int64_t others = 0;
  for (const auto& [name, each] : files) {
    if (each.get() != &file) others += static_cast<std::int64_t>(each->seen.size());
  }
  const std::int64_t room = std::max(*capacity - others, static_cast<std::int64_t>(file.seen.size()));
  return std::min(end, static_cast<std::size_t>(room));
}

SimulatedDisk::SimulatedDisk(const Image& image) : inner_(std::make_unique<Inner>()) {
  static std::atomic<int> made = 0;
  inner_->vfs_name = "simulated-disk-" + std::to_string(++made);
  for (const auto& [name, content] : image) {
    const auto file = std::make_shared<StoredFile>();
    file->durable = file->seen = content;
    inner_->files[name] = file;
  }
  add_file_system(*inner_);
}

SimulatedDisk::~SimulatedDisk() {
  for ([[maybe_unused]] const auto& [name, file] : inner_->files)
    assert(file->users.empty() && "a disk ended before its files");
  sqlite3_vfs_unregister(&inner_->vfs);
}

const std::string& SimulatedDisk::name() const noexcept { return inner_->vfs_name; }

SimulatedDisk::Image SimulatedDisk::image() const {
  const std::lock_guard lock(inner_->mutex);
  Image image;
  for (const auto& [name, file] : inner_->files) image[name] = file->seen;
  return image;
}

void SimulatedDisk::cut_power_after(std::int64_t changes) {
  const std::lock_guard lock(inner_->mutex);
  inner_->last_change = inner_->changes + std::max<std::int64_t>(changes, 1);
}

void SimulatedDisk::cut_power() {
  const std::lock_guard lock(inner_->mutex);
  inner_->power = false;
}

bool SimulatedDisk::has_power() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->power;
}

void SimulatedDisk::restore_power(std::uint64_t seed) {
  const std::lock_guard lock(inner_->mutex);
  std::mt19937_64 random(seed);
  for (const auto& [name, file] : inner_->files) file->settle(random);
  ++inner_->uses;
  inner_->last_change = never;
  inner_->power = true;
}

std::int64_t SimulatedDisk::changes() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->changes;
}

void SimulatedDisk::kill_users() {
  const std::lock_guard lock(inner_->mutex);
  for (const auto& [name, file] : inner_->files) file->forget_users();
  ++inner_->uses;
}

void SimulatedDisk::fail(Operation operation, std::int64_t nth, bool for_ever) {
  const std::lock_guard lock(inner_->mutex);
  inner_->faults[index(operation)] = {inner_->asked[index(operation)] + nth, for_ever};
}

void SimulatedDisk::limit(std::optional<std::int64_t> bytes) {
  const std::lock_guard lock(inner_->mutex);
  inner_->capacity = bytes;
}

void SimulatedDisk::ignore_syncs_of(std::string ending) {
  const std::lock_guard lock(inner_->mutex);
  inner_->unsynced_ending = std::move(ending);
}

void SimulatedDisk::heal() {
  const std::lock_guard lock(inner_->mutex);
  inner_->faults = {};
  inner_->capacity.reset();
  inner_->unsynced_ending.clear();
}

std::int64_t SimulatedDisk::count(Operation operation) const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->asked[index(operation)];
}

std::int64_t SimulatedDisk::fired(Operation operation) const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->failed[index(operation)];
}

std::int64_t SimulatedDisk::refused_as_full() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->full;
}

std::int64_t SimulatedDisk::ignored_syncs() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->ignored;
}

}  // namespace millrace::test
