#include <map>
#include <utility>

#include "journal/journal.hpp"

namespace millrace {

namespace {

class MemoryJournal final : public Journal {
 public:
  Task<Status> append(std::string run, std::vector<RunEvent> events) override {
    auto& kept = runs_[run];
    for (RunEvent& event : events) kept.push_back(std::move(event));
    co_return Done{};
  }

  Task<Result<std::vector<RunEvent>>> read(std::string run) override {
    const auto kept = runs_.find(run);
    if (kept == runs_.end()) co_return std::vector<RunEvent>();
    co_return kept->second;
  }

 private:
  std::map<std::string, std::vector<RunEvent>> runs_;
};

}  // namespace

std::unique_ptr<Journal> open_memory_journal() { return std::make_unique<MemoryJournal>(); }

}  // namespace millrace
