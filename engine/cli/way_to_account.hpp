#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "courier/kept_tokens.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// One step from the sandbox to a person's own account (docs/connections.md has all of them, with every click).
struct WayStep {
  std::string name;  ///< connection | address | locations | credentials | scopes | live
  bool done = false;
  std::string say;  ///< what is to be done, where it is not
};

/// The way of one connection, as far as its own far side is not asked.
struct Way {
  std::string connection;  ///< empty: there is none
  std::vector<WayStep> steps;
  /// The first step that is missing; nullptr where none is.
  const WayStep* next() const;
};

/// For each connection that shows a token; where there is none, the way to one.
std::vector<Way> ways_to_account(const Project& project, const Catalog& catalog,
                                 const std::vector<std::shared_ptr<const Workflow>>& workflows, Secrets& secrets,
                                 KeptTokens& kept);

Value encode(const std::vector<Way>& ways);

}  // namespace millrace
