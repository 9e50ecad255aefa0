#pragma once

#include <string>
#include <utility>
#include <vector>

#include "journal/journal.hpp"

namespace millrace::test {

/// Hands all on to the journal that it stands around; a test says otherwise where it wants to see or to hold something.
class JournalAround : public Journal {
 public:
  /// `inner` outlives this.
  explicit JournalAround(Journal& inner) : inner_(inner) {}

  Task<Result<Committed>> commit(Entry entry) override { return inner_.commit(std::move(entry)); }
  Task<Result<StoredRun>> read(RunKey run) override { return inner_.read(run); }
  Task<Result<std::vector<RunHead>>> unfinished() override { return inner_.unfinished(); }
  Task<Result<std::vector<UnfinishedEvent>>> unfinished_events() override { return inner_.unfinished_events(); }
  Task<Result<Value>> read_state(std::string owner, std::string key) override {
    return inner_.read_state(std::move(owner), std::move(key));
  }
  Task<Result<std::vector<std::pair<std::string, Value>>>> list_states(std::string owner, std::string prefix) override {
    return inner_.list_states(std::move(owner), std::move(prefix));
  }
  Task<Result<std::uint64_t>> state_size(std::string owner) override { return inner_.state_size(std::move(owner)); }
  KeyMaker& keys() noexcept override { return inner_.keys(); }

 private:
  Journal& inner_;
};

}  // namespace millrace::test
