#include "disk.hpp"

namespace millrace::test {

namespace {

constexpr std::int64_t last_room = 8192;
constexpr std::int64_t more_changes_than_come = std::int64_t{1} << 60;  // changes from now

}  // namespace

Disk::Disk(std::uint64_t seed, const SimulatedDisk::Image& image, bool log_flushes)
    : random_(seed), log_flushes_(log_flushes) {
  add(image);
}

void Disk::add(const SimulatedDisk::Image& image) {
  disks_.push_back(std::make_unique<SimulatedDisk>(image));
  if (!log_flushes_) now().ignore_syncs_of("-wal");
  if (full_) fill(true);
}

void Disk::crash(Crash how) {
  SimulatedDisk& dead = now();
  if (how == Crash::power_cut) {
    dead.cut_power();
    dead.restore_power(random_.next());
  }
  const auto image = dead.image();
  if (how == Crash::power_cut) dead.cut_power();
  how_ = Crash::killed;
  add(image);
}

void Disk::crash_after(int changes, Crash how) {
  how_ = how;
  now().cut_power_after(changes);
}

void Disk::forget_faults() {
  now().heal();
  now().cut_power_after(more_changes_than_come);
}

void Disk::fill(bool full) {
  full_ = full;
  std::int64_t bytes = last_room;
  for (const auto& [name, content] : full ? now().image() : SimulatedDisk::Image()) {
    bytes += static_cast<std::int64_t>(content.size());
  }
  now().limit(full ? std::optional(bytes) : std::nullopt);
}

std::int64_t Disk::refused_as_full() const {
  std::int64_t times = 0;
  for (const auto& disk : disks_) times += disk->refused_as_full();
  return times;
}

std::int64_t Disk::failed_flushes() const {
  std::int64_t times = 0;
  for (const auto& disk : disks_) times += disk->fired(SimulatedDisk::Operation::sync);
  return times;
}

}  // namespace millrace::test
