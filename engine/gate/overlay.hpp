#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "courier/shipment.hpp"
#include "value/value.hpp"

namespace millrace {

/// Sentences about what a plan could not simulate, each once.
class Notes {
 public:
  explicit Notes(std::vector<std::string>& sentences) : sentences_(sentences) {}
  void add(const std::string& sentence);

 private:
  std::vector<std::string>& sentences_;
};

/// The writes of a plan, laid over what the same run reads later, as far as manifests say which thing is meant
/// (Action::resource). It never guesses: what only the far side can tell is unknown.
class Overlay {
 public:
  /// Remembers a write that is only planned, and gives the output it would have. `summary` is its line in the change
  /// list.
  Value plan(const Shipment& shipment, const std::string& summary, Notes notes);

  /// The answer to a read that is decided by what is planned: of a thing that does not exist yet, or not any more.
  /// Nothing where the far side has to be asked.
  std::optional<Result<Value>> answer(const Shipment& shipment) const;

  /// What was really read, with the planned writes laid over it.
  Value lay_over(const Shipment& shipment, const Value& output, Notes notes);

 private:
  struct Planned {
    Value id;     // unknown for what is created
    Value thing;  // of what is created: all of it; of what is updated: an object of the new fields
    bool created = false;
    bool deleted = false;
  };
  struct Collection {
    std::vector<Planned> planned;
    std::map<std::string, Value> read;  // by id: things as the far side has them
  };

  const Collection* find(const Shipment& shipment) const;
  Collection* make(const Shipment& shipment);
  Value plan_create(const Shipment& shipment, Collection& collection, const std::string& summary);
  Value plan_update(const Shipment& shipment, Collection& collection, const std::string& summary);
  Value plan_removal(const Shipment& shipment, Collection& collection, const std::string& summary);
  Value lay_over_list(const Shipment& shipment, const Value& output, const Collection& collection, Notes notes) const;
  static Value made_whole(const Shipment& shipment, const Planned& planned);
  static Value updated(const Shipment& shipment, const Value& thing, const Planned& planned);

  std::map<std::string, Collection> collections_;
  std::vector<std::pair<std::string, std::string>> unseen_;  // writes that no collection holds: connection, action
};

}  // namespace millrace
