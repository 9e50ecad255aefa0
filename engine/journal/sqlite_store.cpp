#include <unistd.h>

#include <utility>

#include "base/file_lock.hpp"
#include "journal/audit_chain.hpp"
#include "journal/run_rows.hpp"
#include "journal/state_rows.hpp"
#include "journal/state_text.hpp"
#include "journal/store.hpp"
#include "journal/store_files.hpp"
#include "journal/store_reader.hpp"
#include "journal/upkeep.hpp"
#include "journal/write_queue.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

std::filesystem::path service_file(const std::filesystem::path& store) { return store.string() + "-service"; }

constexpr std::string_view of_folder = " of ";

std::string note_of(const std::filesystem::path& folder) {
  const std::string process = "process " + std::to_string(getpid());
  return folder.empty() ? process : process + std::string(of_folder) + folder.string();
}

/// Which service lives that has the store. In a turn to write: a service that comes does not take the look for another
/// service then.
Result<std::optional<ServiceOfStore>> service_of(const std::filesystem::path& store) {
  FileLock lock = TRY(FileLock::open(service_file(store)));
  if (lock.try_lock()) return std::optional<ServiceOfStore>();
  const std::string note = lock.note();
  const std::size_t end = note.find(of_folder);
  if (end == std::string::npos) return std::optional(ServiceOfStore{note, {}});
  return std::optional(ServiceOfStore{note.substr(0, end), note.substr(end + of_folder.size())});
}

class SqliteStore final : public Store, private Journal, private History {
 public:
  SqliteStore(Loop& loop, const std::filesystem::path& file, StoreOptions options)
      : file_(file),
        options_(std::move(options)),
        queue_(std::make_shared<WriteQueue>(loop, file, options_.vfs)),
        reader_(loop, file, options_.vfs),
        copier_(loop, file, options_.vfs),
        keys_(0, options_.role == StoreOptions::Role::guest) {}

  /// Takes the store for this process, opens it, and looks where its keys have come to.
  Status become_service() {
    if (options_.vfs.empty()) TRY(take_for_itself());
    queue_->writer().watch_content();
    TRY(queue_->writer().open());
    fence_ = TRY(queue_->writer().claim());
    keys_ = TRY(queue_->writer().start_of_keys(options_.now ? *options_.now : now_utc()));
    return Done{};
  }

  Journal& journal() noexcept override { return *this; }
  History& history() noexcept override { return *this; }
  StateStore& states() noexcept override { return *states_; }
  std::optional<Fence> fence() const noexcept override { return fence_; }
  void tell_entries(std::function<void(const Entry&)> hear) override { queue_->tell_entries(std::move(hear)); }
  KeyMaker& keys() noexcept override { return keys_; }

  Task<Result<Committed>> commit(Entry entry) override {
    if (options_.role == StoreOptions::Role::reader)
      co_return Error{ErrorCode::internal, "the store was opened for reading"};
    WriteOrder order;
    const Status set = set_entry(order, std::move(entry));
    if (!set) co_return set.error();
    auto committed = co_await queue_->carry_out(std::move(order));
    co_return committed;
  }

  Task<Status> commit_unserved(EntryDecision decide) override {
    WriteOrder order;
    order.decide = [this, &decide](Database& database) -> Result<Entry> {
      // A service that comes after this look claims the store after this transaction, and reads it then.
      const bool served = options_.vfs.empty() && TRY(service_of(file_)).has_value();
      if (served)
        return Error{ErrorCode::unavailable, "a service has the store " + file_.string() +
                                                 " by now, so nothing was written: ask again, and it is asked"};
      return decide([&database](RunKey run) { return select_run(database, run); });
    };
    const auto committed = co_await queue_->carry_out(std::move(order));
    if (!committed) co_return committed.error();
    co_return Done{};
  }

  Result<std::optional<ServiceOfStore>> served_by() const override {
    if (!options_.vfs.empty()) return std::optional<ServiceOfStore>();
    FileLock turn = TRY(FileLock::open(turn_file(file_)));
    turn.lock();
    return service_of(file_);
  }

  Result<bool> is_in_hands(RunKey run) const override {
    std::error_code failed;
    if (!options_.vfs.empty() || !std::filesystem::exists(hands_file(file_), failed)) return false;
    const FileLock hands = TRY(FileLock::open(hands_file(file_)));
    return hands.is_locked(static_cast<std::int64_t>(run));
  }

  Task<Result<StoredRun>> read(RunKey run) override { return read_run(run); }

  Task<Result<std::vector<UnfinishedEvent>>> unfinished_events() override {
    return reader_.ask<std::vector<UnfinishedEvent>>(
        [](Database& database) { return select_unfinished_events(database); }, std::vector<UnfinishedEvent>());
  }

  Task<Result<std::vector<RunHead>>> unfinished() override {
    return reader_.ask<std::vector<RunHead>>([](Database& database) { return select_unfinished(database); },
                                             std::vector<RunHead>());
  }

  Task<Result<Value>> read_state(std::string owner, std::string key) override {
    using Text = std::optional<std::string>;
    std::function<Result<Text>(Database&)> question = [&owner, &key](Database& database) {
      return select_state(database, owner, key);
    };
    auto text = co_await reader_.ask<Text>(std::move(question), Text());
    if (!text) co_return text.error();
    if (!text->has_value()) co_return Value();
    co_return state_value(**text, owner, key);
  }

  Task<Result<std::vector<std::pair<std::string, Value>>>> list_states(std::string owner, std::string prefix) override {
    using Texts = std::vector<std::pair<std::string, std::string>>;
    std::function<Result<Texts>(Database&)> question = [&owner, &prefix](Database& database) {
      return select_states(database, owner, prefix);
    };
    const auto texts = co_await reader_.ask<Texts>(std::move(question), Texts());
    if (!texts) co_return texts.error();
    std::vector<std::pair<std::string, Value>> values;
    for (const auto& [key, text] : *texts) {
      auto value = state_value(text, owner, key);
      if (!value) co_return value.error();
      values.emplace_back(key, std::move(*value));
    }
    co_return values;
  }

  Task<Result<std::uint64_t>> state_size(std::string owner) override {
    return reader_.ask<std::uint64_t>(
        [owner = std::move(owner)](Database& database) { return select_state_size(database, owner); },
        std::uint64_t{0});
  }

  Task<Result<std::vector<RunHead>>> list_runs(RunFilter filter) override {
    return reader_.ask<std::vector<RunHead>>(
        [filter = std::move(filter)](Database& database) { return select_runs(database, filter); },
        std::vector<RunHead>());
  }
  Task<Result<std::vector<OutcomeCount>>> count_outcomes(RunFilter filter) override {
    return reader_.ask<std::vector<OutcomeCount>>(
        [filter = std::move(filter)](Database& database) { return select_counts(database, filter); },
        std::vector<OutcomeCount>());
  }
  Task<Result<std::map<std::string, LastOutcomes>>> last_outcomes(std::vector<std::string> workflows,
                                                                  int limit) override {
    using All = std::map<std::string, LastOutcomes>;
    return reader_.ask<All>([workflows = std::move(workflows),
                             limit](Database& database) { return select_last_outcomes(database, workflows, limit); },
                            All());
  }
  Task<Result<StoredRun>> read_run(RunKey run) override {
    return reader_.ask<StoredRun>([run](Database& database) { return select_run(database, run); },
                                  Error{ErrorCode::not_found, "there is no run " + render(run) + ": no store yet"});
  }
  Task<Result<EventRecord>> read_event(EventKey event) override {
    return reader_.ask<EventRecord>(
        [event](Database& database) { return select_event(database, event); },
        Error{ErrorCode::not_found, "there is no event " + render(event) + ": no store yet"});
  }
  Task<Result<std::string>> read_version(std::string workflow, std::string hash) override {
    return reader_.ask<std::string>(
        [workflow, hash = std::move(hash)](Database& database) { return select_version(database, workflow, hash); },
        Error{ErrorCode::not_found, "there is no version of " + workflow + ": no store yet"});
  }
  Task<Result<std::vector<VersionHead>>> list_versions(std::string workflow) override {
    return reader_.ask<std::vector<VersionHead>>(
        [workflow = std::move(workflow)](Database& database) { return select_versions(database, workflow); },
        std::vector<VersionHead>());
  }
  Task<Result<std::vector<EventHead>>> list_events(std::string source, int limit,
                                                   std::optional<EventKey> before) override {
    return reader_.ask<std::vector<EventHead>>(
        [source = std::move(source), limit, before](Database& database) {
          return select_events(database, source, limit, before);
        },
        std::vector<EventHead>());
  }
  Task<Result<std::vector<AuditEntry>>> list_audit(std::string about, int limit, std::int64_t before) override {
    return reader_.ask<std::vector<AuditEntry>>(
        [about = std::move(about), limit, before](Database& database) {
          return select_audit(database, about, limit, before);
        },
        std::vector<AuditEntry>());
  }

  std::int64_t log_bytes() const noexcept override { return queue_->log_bytes(); }
  std::string log_complaint() const override { return log_bytes() > large_log ? log_held_up(file_, log_bytes()) : ""; }
  std::string take_refusal() override { return queue_->take_refusal(); }
  Task<Result<StoreFacts>> facts() override {
    return reader_.ask<StoreFacts>([](Database& database) { return read_facts(database); }, StoreFacts());
  }

  Task<Result<std::int64_t>> prune(Timestamp now) override {
    std::int64_t removed = 0;
    PruneStep step;
    do {
      WriteOrder order;
      order.work = [this, &step, now](Database& database) -> Status {
        step = TRY(prune_some(database, options_.budget, step.behind, now));
        return Done{};
      };
      const auto done = co_await queue_->carry_out(std::move(order));
      if (!done) co_return done.error();
      removed += step.removed;
    } while (step.more);
    std::int64_t lines = 0;
    do {
      WriteOrder order;
      order.work = [&lines, now](Database& database) -> Status {
        lines = TRY(prune_audit(database, {}, now));
        return Done{};
      };
      const auto done = co_await queue_->carry_out(std::move(order));
      if (!done) co_return done.error();
    } while (lines > 0);
    co_return removed;
  }

  Task<Status> backup(std::filesystem::path file) override {
    std::function<Result<Done>(Database&)> copy = [&file](Database& database) { return copy_database(database, file); };
    Status absent = Error{ErrorCode::not_found, "there is no store yet: " + file_.string()};
    const auto copied = co_await copier_.ask<Done>(std::move(copy), std::move(absent));
    co_return copied;
  }

  Task<Status> close() override {
    co_await queue_->rest();
    reader_.close();
    copier_.close();
    const auto closed = queue_->writer().close();
    if (service_) service_->set_note("");
    service_.reset();
    co_return closed;
  }

 private:
  /// Whoever gives an order in place of a service looks whether there is one, by the same lock, in a turn to write.
  Status take_for_itself() {
    TRY(make_store_file(file_));
    service_ = TRY(FileLock::open(service_file(file_)));
    bool mine = service_->try_lock();
    if (!mine) {
      FileLock turn = TRY(FileLock::open(turn_file(file_)));
      turn.lock();
      mine = service_->try_lock();
    }
    if (!mine)
      return Error{ErrorCode::conflict, "another service has the store " + file_.string() + ": " + service_->note()};
    service_->set_note(note_of(options_.folder));
    return Done{};
  }

  std::filesystem::path file_;
  StoreOptions options_;
  std::shared_ptr<WriteQueue> queue_;
  StoreReader reader_, copier_;  // a copy takes as long as the file is large, and nobody waits for it
  std::optional<FileLock> service_;
  std::optional<Fence> fence_;
  KeyMaker keys_;
  std::unique_ptr<StateStore> states_ = open_states_in(*this);
};

}  // namespace

Result<std::unique_ptr<Store>> open_store(Loop& loop, const std::filesystem::path& file, StoreOptions options) {
  const bool serves = options.role == StoreOptions::Role::service;
  auto store = std::make_unique<SqliteStore>(loop, file, std::move(options));
  if (serves) TRY(store->become_service());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace millrace
