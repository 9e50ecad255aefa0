#include "sabotage.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "journal_around.hpp"

namespace millrace::test {

namespace {

/// Hands on to a real journal, but not as it should.
class SabotagedJournal final : public JournalAround {
 public:
  SabotagedJournal(Sabotage sabotage, Loop& loop, Journal& journal)
      : JournalAround(journal), sabotage_(sabotage), scope_(loop) {}

  Task<Result<Committed>> commit(Entry entry) override {
    const bool both = !entry.states.empty() && !entry.events.empty();
    if (sabotage_ == Sabotage::swap_without_looking) {
      for (StateChange& state : entry.states) state.expected.reset();
    }
    if (sabotage_ == Sabotage::state_before_outcome && !entry.states.empty() && !entry.runs.empty()) {
      Entry states;
      states.states = std::exchange(entry.states, {});
      auto written = co_await JournalAround::commit(std::move(states));
      if (!written) co_return written.error();
    }
    if (sabotage_ == Sabotage::acknowledge_before_commit && !entry.events.empty()) {
      Committed promised;
      promised.event = entry.events.front().key;
      for (const RunProgress& run : entry.runs) {
        if (run.is_new) promised.runs.push_back(run.head.key);
      }
      scope_.spawn(commit_later(std::move(entry)));
      co_return promised;
    }
    if (sabotage_ == Sabotage::cursor_before_items && both) {
      Entry cursor;
      cursor.states = std::exchange(entry.states, {});
      auto written = co_await JournalAround::commit(std::move(cursor));
      if (!written) co_return written.error();
    }
    Entry late = sabotage_ == Sabotage::late_order ? late_order(entry) : Entry();
    auto written = co_await JournalAround::commit(std::move(entry));
    if (!late.runs.empty()) co_await JournalAround::commit(std::move(late));
    co_return written;
  }

  Task<void> done() { co_await scope_.done(); }

 private:
  /// Of two that called a run off, the second did so in the light of what the run was before the first.
  static Entry late_order(const Entry& entry) {
    Entry late;
    for (const RunProgress& run : entry.runs) {
      if (run.head.outcome != RunOutcome::cancelled || run.events.empty()) continue;
      late.runs.push_back({run.head, false, {}});
      late.runs.back().head.outcome = RunOutcome::running;
      late.runs.back().head.ended.reset();
    }
    return late;
  }
  Task<void> commit_later(Entry entry) { co_await JournalAround::commit(std::move(entry)); }

  Sabotage sabotage_;
  Scope scope_;
};

class SabotagedStore final : public Store {
 public:
  SabotagedStore(Sabotage sabotage, Loop& loop, std::unique_ptr<Store> store)
      : store_(std::move(store)), journal_(sabotage, loop, store_->journal()) {}

  Journal& journal() noexcept override { return journal_; }
  History& history() noexcept override { return store_->history(); }
  StateStore& states() noexcept override { return store_->states(); }
  void tell_entries(std::function<void(const Entry&)> hear) override { store_->tell_entries(std::move(hear)); }
  std::optional<Fence> fence() const noexcept override { return store_->fence(); }
  Task<Status> commit_unserved(EntryDecision decide) override { return store_->commit_unserved(std::move(decide)); }
  Result<std::optional<ServiceOfStore>> served_by() const override { return store_->served_by(); }
  Result<bool> is_in_hands(RunKey run) const override { return store_->is_in_hands(run); }
  Task<Result<StoreFacts>> facts() override { return store_->facts(); }
  Task<Result<std::int64_t>> prune(Timestamp now) override { return store_->prune(now); }
  Task<Status> backup(std::filesystem::path file) override { return store_->backup(std::move(file)); }
  Task<Status> close() override {
    co_await journal_.done();
    auto closed = co_await store_->close();
    co_return closed;
  }

 private:
  std::unique_ptr<Store> store_;
  SabotagedJournal journal_;
};

/// Makes a new key of each attempt.
class KeyOfAttempt final : public HttpClient {
 public:
  explicit KeyOfAttempt(std::unique_ptr<HttpClient> client) : client_(std::move(client)) {}
  Task<Result<IncomingResponse>> send(OutgoingRequest request) override {
    if (const std::string* key = request.headers.find("Idempotency-Key")) {
      std::string changed = *key + "-" + std::to_string(++attempts_[*key]);
      request.headers.set("Idempotency-Key", std::move(changed));
    }
    return client_->send(std::move(request));
  }

 private:
  std::unique_ptr<HttpClient> client_;
  std::map<std::string, int> attempts_;
};

}  // namespace

std::unique_ptr<Store> sabotaged(Sabotage sabotage, Loop& loop, std::unique_ptr<Store> store) {
  const std::set<Sabotage> of_the_journal = {Sabotage::acknowledge_before_commit, Sabotage::cursor_before_items,
                                             Sabotage::state_before_outcome, Sabotage::swap_without_looking,
                                             Sabotage::late_order};
  if (!of_the_journal.contains(sabotage)) return store;
  return std::make_unique<SabotagedStore>(sabotage, loop, std::move(store));
}

std::unique_ptr<HttpClient> sabotaged(Sabotage sabotage, std::unique_ptr<HttpClient> client) {
  if (sabotage != Sabotage::attempt_in_key) return client;
  return std::make_unique<KeyOfAttempt>(std::move(client));
}

}  // namespace millrace::test
