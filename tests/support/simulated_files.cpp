#include "simulated_files.hpp"

#include <algorithm>
#include <cstring>
#include <new>

// How SQLite calls the simulated disk.

namespace millrace::test {

namespace {

using Operation = SimulatedDisk::Operation;
using Guard = std::lock_guard<std::mutex>;

struct Handle {
  sqlite3_file base;  // first: SQLite sees only this
  OpenFile* open;
};

OpenFile& of(sqlite3_file* handle) { return *reinterpret_cast<Handle*>(handle)->open; }
SimulatedDisk::Inner& of(sqlite3_vfs* vfs) { return *static_cast<SimulatedDisk::Inner*>(vfs->pAppData); }

int close_file(sqlite3_file* handle) {
  const std::unique_ptr<OpenFile> open(&of(handle));
  const Guard guard(open->disk.mutex);
  std::erase(open->file->users, open.get());
  if (open->remove_at_end) open->disk.files.erase(open->name);
  return SQLITE_OK;
}

int read_file(sqlite3_file* handle, void* into, int amount, sqlite3_int64 place) {
  OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  if (!open.disk.alive(open) || open.disk.fails(Operation::read)) return SQLITE_IOERR_READ;
  const std::string& content = open.file->seen;
  const std::size_t from = std::min(static_cast<std::size_t>(place), content.size());
  const std::size_t wanted = static_cast<std::size_t>(amount), there = std::min(wanted, content.size() - from);
  std::memcpy(into, content.data() + from, there);
  if (there == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(into) + there, 0, wanted - there);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* handle, const void* from, int amount, sqlite3_int64 place) {
  OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  if (!open.disk.alive(open)) return SQLITE_IOERR_WRITE;
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(amount));
  const auto begin = static_cast<std::size_t>(place);
  if (open.disk.fails(Operation::write)) {
    open.file->write(begin, bytes.substr(0, bytes.size() / 2));
    return SQLITE_IOERR_WRITE;
  }
  const std::size_t end = open.disk.room_for(*open.file, begin + bytes.size());
  if (end < begin + bytes.size()) {
    if (end > begin) open.file->write(begin, bytes.substr(0, end - begin));
    ++open.disk.full;
    return SQLITE_FULL;
  }
  open.file->write(begin, bytes);
  return open.disk.change() ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int shorten_file(sqlite3_file* handle, sqlite3_int64 size) {
  OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  if (!open.disk.alive(open) || open.disk.fails(Operation::shorten)) return SQLITE_IOERR_TRUNCATE;
  open.file->shorten(static_cast<std::size_t>(size));
  return open.disk.change() ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int sync_file(sqlite3_file* handle, int) {
  OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  if (!open.disk.alive(open)) return SQLITE_IOERR_FSYNC;
  if (open.disk.fails(Operation::sync)) {
    open.file->put_in_doubt();
    return SQLITE_IOERR_FSYNC;
  }
  if (!open.disk.change()) return SQLITE_IOERR_FSYNC;
  const std::string& ending = open.disk.unsynced_ending;
  if (!ending.empty() && open.name.ends_with(ending)) {
    ++open.disk.ignored;
    return SQLITE_OK;
  }
  open.file->sync();
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* handle, sqlite3_int64* size) {
  const OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  if (!open.disk.alive(open)) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(open.file->seen.size());
  return SQLITE_OK;
}

/// Whether somebody else holds such a lock, or a stronger one.
bool others_hold(const OpenFile& open, int lock) {
  return std::any_of(open.file->users.begin(), open.file->users.end(),
                     [&](const OpenFile* user) { return user != &open && user->lock >= lock; });
}

int lock_file(sqlite3_file* handle, int wanted) {
  OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  if (!open.disk.alive(open)) return SQLITE_IOERR_LOCK;
  if (open.lock >= wanted) return SQLITE_OK;
  if (wanted == SQLITE_LOCK_SHARED) {
    if (others_hold(open, SQLITE_LOCK_PENDING)) return SQLITE_BUSY;
  } else if (others_hold(open, SQLITE_LOCK_RESERVED)) {
    return SQLITE_BUSY;
  } else if (wanted == SQLITE_LOCK_EXCLUSIVE && others_hold(open, SQLITE_LOCK_SHARED)) {
    open.lock = SQLITE_LOCK_PENDING;  // nobody new comes in while the readers leave
    return SQLITE_BUSY;
  }
  open.lock = wanted;
  return SQLITE_OK;
}

int unlock_file(sqlite3_file* handle, int kept) {
  OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  open.lock = std::min(open.lock, kept);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* handle, int* taken) {
  const OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  *taken = open.lock >= SQLITE_LOCK_RESERVED || others_hold(open, SQLITE_LOCK_RESERVED) ? 1 : 0;
  return SQLITE_OK;
}

int control_file(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
// Both as SQLite assumes them on a POSIX file system.
int sector_size(sqlite3_file*) { return 4096; }
int device_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map_shared(sqlite3_file* handle, int number, int size, int extend, void volatile** region) {
  OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  *region = nullptr;
  if (!open.disk.alive(open) || size != static_cast<int>(SharedMemory::region_size)) return SQLITE_IOERR_SHMMAP;
  if (!open.file->shared) open.file->shared = std::make_shared<SharedMemory>();
  open.shared = open.file->shared;
  auto& regions = open.shared->regions;
  const auto wanted = static_cast<std::size_t>(number);
  while (regions.size() <= wanted && extend != 0) regions.push_back(std::make_unique<SharedMemory::Region>());
  if (wanted < regions.size()) *region = regions[wanted]->data();
  return SQLITE_OK;
}

int lock_shared(sqlite3_file* handle, int first, int count, int flags) {
  OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  const auto begin = static_cast<std::size_t>(first), end = begin + static_cast<std::size_t>(count);
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  auto& mine = exclusive ? open.owns : open.shares;
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    for (std::size_t i = begin; i < end; ++i) mine[i] = false;
    return SQLITE_OK;
  }
  if (!open.disk.alive(open)) return SQLITE_IOERR_SHMLOCK;
  for (const OpenFile* user : open.file->users) {
    if (user == &open) continue;
    for (std::size_t i = begin; i < end; ++i) {
      if (user->owns[i] || (exclusive && user->shares[i])) return SQLITE_BUSY;
    }
  }
  for (std::size_t i = begin; i < end; ++i) mine[i] = true;
  return SQLITE_OK;
}

void order_shared(sqlite3_file* handle) { const Guard guard(of(handle).disk.mutex); }

int unmap_shared(sqlite3_file* handle, int) {
  OpenFile& open = of(handle);
  const Guard guard(open.disk.mutex);
  open.shares = open.owns = {};
  open.shared.reset();
  const auto& users = open.file->users;
  if (std::none_of(users.begin(), users.end(), [](const OpenFile* user) { return user->shared != nullptr; }))
    open.file->shared.reset();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods methods = {2,
                                        close_file,
                                        read_file,
                                        write_file,
                                        shorten_file,
                                        sync_file,
                                        size_of_file,
                                        lock_file,
                                        unlock_file,
                                        check_reserved_lock,
                                        control_file,
                                        sector_size,
                                        device_characteristics,
                                        map_shared,
                                        lock_shared,
                                        order_shared,
                                        unmap_shared,
                                        nullptr,
                                        nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags, int* given) {
  SimulatedDisk::Inner& disk = of(vfs);
  const Guard guard(disk.mutex);
  handle->pMethods = nullptr;
  if (!disk.power || disk.fails(Operation::open)) return SQLITE_CANTOPEN;
  std::shared_ptr<StoredFile> file;
  if (name != nullptr) {
    const auto known = disk.files.find(name);
    if (known != disk.files.end()) file = known->second;
    if (!file && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (file && (flags & SQLITE_OPEN_EXCLUSIVE) != 0) return SQLITE_CANTOPEN;
  }
  if (!file) {
    file = std::make_shared<StoredFile>();
    if (name != nullptr) disk.files[name] = file;
  }
  const bool remove = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0 && name != nullptr;
  auto open = std::make_unique<OpenFile>(OpenFile{disk, file, name != nullptr ? name : "", remove, disk.uses});
  file->users.push_back(open.get());
  auto* made = ::new (handle) Handle{{&methods}, nullptr};
  made->open = open.release();
  if (given != nullptr) *given = flags;
  return SQLITE_OK;
}

int remove_file(sqlite3_vfs* vfs, const char* name, int) {
  SimulatedDisk::Inner& disk = of(vfs);
  const Guard guard(disk.mutex);
  if (!disk.power) return SQLITE_IOERR_DELETE;
  const auto file = disk.files.find(name);
  if (file == disk.files.end()) return SQLITE_IOERR_DELETE_NOENT;
  if (!disk.change()) return SQLITE_IOERR_DELETE;
  disk.files.erase(file);
  return SQLITE_OK;
}

int look_for_file(sqlite3_vfs* vfs, const char* name, int, int* there) {
  SimulatedDisk::Inner& disk = of(vfs);
  const Guard guard(disk.mutex);
  if (!disk.power) return SQLITE_IOERR_ACCESS;
  const auto file = disk.files.find(name);
  *there = file != disk.files.end() && !file->second->seen.empty() ? 1 : 0;
  return SQLITE_OK;
}

int full_name(sqlite3_vfs*, const char* name, int size, char* full) {
  sqlite3_snprintf(size, full, "%s", name);
  return SQLITE_OK;
}

}  // namespace

void add_file_system(SimulatedDisk::Inner& disk) {
  // Time, randomness and pauses are those of the machine.
  disk.vfs = *sqlite3_vfs_find(nullptr);
  disk.vfs.szOsFile = sizeof(Handle);
  disk.vfs.pNext = nullptr;
  disk.vfs.zName = disk.vfs_name.c_str();
  disk.vfs.pAppData = &disk;
  disk.vfs.xOpen = open_file;
  disk.vfs.xDelete = remove_file;
  disk.vfs.xAccess = look_for_file;
  disk.vfs.xFullPathname = full_name;
  sqlite3_vfs_register(&disk.vfs, 0);
}

}  // namespace millrace::test
