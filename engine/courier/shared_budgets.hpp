#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/result.hpp"
#include "courier/budget_state.hpp"

namespace millrace {

/// What the programs on one store know of their budgets, in a file beside it, so that together they keep to them. Each
/// has a place there for as long as it lives, which the kernel takes back however it ends: what a dead one had under
/// way counts no more. After a restart of the machine nothing of it is of use, so nothing is flushed.
///
/// A part is held for a few microseconds, without a wait for anything else; where its holder was stopped just then, the
/// others go on by what they know themselves. Loop thread only.
class SharedBudgets {
 public:
  /// `denied` where something stands under the file's name in which others have a say; `unavailable` where it cannot be
  /// used, or all places are taken. Then this process counts by itself.
  static Result<std::unique_ptr<SharedBudgets>> join(const std::filesystem::path& file);
  ~SharedBudgets();
  SharedBudgets(const SharedBudgets&) = delete;
  SharedBudgets& operator=(const SharedBudgets&) = delete;

  std::size_t place() const noexcept { return place_; }

  /// Where the budget of this name lies; it begins as `initial`. Nothing where it cannot be read or written.
  std::optional<std::int64_t> find(const std::string& name, const BudgetState& initial);
  /// Holds it, and reads it. False where that cannot be.
  bool take(std::int64_t at, BudgetState& state);
  void give_back(std::int64_t at, const BudgetState& state);

 private:
  explicit SharedBudgets(int descriptor);
  bool begin();
  bool take_place();
  bool lives(std::size_t place) const;

  int descriptor_;
  std::size_t place_ = 0;
  // What was found in the file until now, where nothing ever moves: by the digest of its name.
  std::unordered_map<std::string, std::int64_t> found_;
  std::int64_t searched_to_;
};

}  // namespace millrace
