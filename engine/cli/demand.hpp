#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/loop.hpp"
#include "cli/session.hpp"
#include "journal/store.hpp"
#include "secret/secrets.hpp"
#include "service/control.hpp"

namespace millrace {

/// What a person asks of runs and workflows: of the running service at /api/v1/`path`, else of the store itself.
struct Demand {
  std::string path;
  Value body = Value(Map());
  std::function<Task<Status>(Control&)> offline;
  std::string done = {};  ///< what is said afterwards
};

/// Puts demands one after the other, each to whoever has the store at that moment: a service that starts meanwhile is
/// waited for and asked.
class Messenger {
 public:
  explicit Messenger(const Session& session) : session_(session) {}
  ~Messenger();
  Messenger(const Messenger&) = delete;
  Messenger& operator=(const Messenger&) = delete;

  struct Answer {
    Value document;
    bool offline = false;  ///< written down for the next service
  };
  /// Nothing where nobody could be asked, which is told on stderr.
  std::optional<Result<Answer>> put(const Demand& demand);

 private:
  bool open();
  std::optional<ServiceOfStore> served_by() const;
  std::optional<Error> held_elsewhere(const ServiceOfStore& holder) const;

  const Session& session_;
  Loop loop_;
  std::optional<Catalog> catalog_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Secrets> secrets_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Control> control_;
};

/// Puts one, and says what came of it; gives the exit code.
int put_demand(const Session& session, const Demand& demand);
/// Says what came of one that was put; `done`: in words, where it was done.
int print_outcome(const Session& session, const std::optional<Result<Messenger::Answer>>& answer,
                  const std::string& done);

}  // namespace millrace
