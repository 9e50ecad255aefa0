#pragma once

#include <optional>
#include <string>

#include "gate/gate.hpp"

namespace millrace {

/// The ledger of what only reads: it has nothing to remember, and lets nothing be written. `why` says so.
class ReadsOnly final : public Ledger {
 public:
  explicit ReadsOnly(std::string why) : why_(std::move(why)) {}

  Task<Result<Known>> begin(const Action& action, CallSite) override {
    co_return Error{ErrorCode::denied, action.name + " writes, and " + why_};
  }
  Task<Status> end(const Action&, CallSite, Result<Value>) override { co_return Done{}; }

 private:
  std::string why_;
};

}  // namespace millrace
