#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "journal/history.hpp"
#include "journal/journal.hpp"
#include "journal/state_store.hpp"

namespace millrace {

/// How much history is kept. Runs that have not ended, and what they need, are always kept.
struct HistoryBudget {
  std::int32_t days = 90;                       ///< 30 at least: duplicates are recognised for as long
  std::int64_t bytes = std::int64_t{10} << 30;  ///< of the file; beyond it the oldest history goes
};

struct StoreOptions {
  /// service: the one program that serves this store; a second one is refused with `conflict`, naming the first.
  /// guest: a command beside it; writes take turns with the service's.
  /// reader: never writes; a file that is not there is an empty store.
  /// A guest's and a reader's file is opened at the first use, and a guest makes it at the first write: a plan that
  /// needs nothing of it does not touch it.
  enum class Role : std::uint8_t { service, guest, reader };
  Role role = Role::guest;
  HistoryBudget budget = {};
  std::filesystem::path folder = {};  ///< of the service's project, for those whom it keeps out
  std::optional<Timestamp> now = {};  ///< when it is opened; nothing: the real time
  std::string vfs = {};  ///< SQLite's name of the file system to use: tests lay faults and power cuts under the store
};

/// The service that has a store.
struct ServiceOfStore {
  std::string process;           ///< "process 4711"
  std::filesystem::path folder;  ///< of its project; empty where it has not said so
  bool operator==(const ServiceOfStore&) const = default;
};

/// How an order sees a run while it is decided on.
using RunReader = std::function<Result<StoredRun>(RunKey)>;
/// What is to be written, by what the store holds at that moment.
using EntryDecision = std::function<Result<Entry>(const RunReader&)>;

struct StoreFacts {
  std::int64_t bytes = 0, events = 0, runs = 0, unfinished = 0;
  int schema = 0;
  bool restored = false;  ///< it comes out of a backup, and what was unfinished is still paused
};

/// The project's store: one SQLite file under the rules of docs/decisions/0011. Everything in it goes through one
/// writing connection; reading has connections of its own.
///
/// The files are watched: where one of them is removed, replaced or written by another program, nothing more is
/// accepted. How far the store has come is kept beside it, so that one which lost its log is not opened unasked.
class Store {
 public:
  virtual ~Store() = default;
  virtual Journal& journal() noexcept = 0;
  virtual History& history() noexcept = 0;
  virtual StateStore& states() noexcept = 0;  ///< of plugins, by the same writer
  /// The claim under which this service writes; nothing for guests and readers, which take turns with whoever has it.
  virtual std::optional<Fence> fence() const noexcept = 0;

  /// From now on `hear` is told each entry that this program wrote, once it is durable. On the loop; it does not wait.
  virtual void tell_entries(std::function<void(const Entry&)> hear) = 0;

  /// For orders to a store that no service has: `decide` is asked, on a worker, in the transaction that writes what it
  /// gives, so nothing that it saw changes in between. Where a service has the store, which has read it already or will
  /// not look at it again, nothing is decided or written: `unavailable`.
  virtual Task<Status> commit_unserved(EntryDecision decide) = 0;
  /// Who has the store at this moment; nothing where no service has it. Waits until nobody writes.
  virtual Result<std::optional<ServiceOfStore>> served_by() const = 0;
  /// Whether the program lives that carries out a run of the foreground.
  virtual Result<bool> is_in_hands(RunKey run) const = 0;

  virtual std::int64_t log_bytes() const noexcept { return 0; }  ///< not moved into the file yet
  /// What is to be done where the log grows because somebody reads without an end; else empty.
  virtual std::string log_complaint() const { return ""; }
  /// Why something found no room on the disk since this was last asked; else empty.
  virtual std::string take_refusal() { return ""; }
  virtual Task<Result<StoreFacts>> facts() = 0;
  /// Removes what the budget no longer covers, a little at a time; gives how many events went. For a service: now and
  /// then.
  virtual Task<Result<std::int64_t>> prune(Timestamp now) = 0;
  /// Writes a complete copy, while the store is in use; `file` must not exist.
  virtual Task<Status> backup(std::filesystem::path file) = 0;
  /// Waits for what was asked to be written, then closes. Nothing may be asked afterwards.
  virtual Task<Status> close() = 0;
};

/// Opens the store, making or migrating the file where the role may write. Errors say what is wrong and what to do:
/// `conflict` (another service), `invalid` (not a store, damaged, of a newer version), `unavailable` (the disk).
/// REQUIRES: `loop` outlives it.
Result<std::unique_ptr<Store>> open_store(Loop& loop, const std::filesystem::path& file, StoreOptions options = {});

/// Puts a backup in the place of a store that does not exist yet. Its unfinished runs are marked "may already have
/// happened" and paused until `millrace resume --all`.
Status restore_store(const std::filesystem::path& backup, const std::filesystem::path& file, Timestamp now);

/// One finding of `millrace doctor`, with what to do about it.
struct StoreFinding {
  bool fatal = false;
  std::string message;
};
/// Looks for damage and for what contradicts itself, without writing. Any thread; takes as long as reading the file.
std::vector<StoreFinding> examine_store(const std::filesystem::path& file);

}  // namespace millrace
