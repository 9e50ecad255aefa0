#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "workflow/reach_words.hpp"

namespace millrace {

/// All that people are told of what a workflow may touch, with what it calls.
struct Account {
  std::shared_ptr<const Workflow> workflow;
  std::vector<std::string> called;     ///< the workflows that it calls, and that those call: ids
  std::vector<Reached> reach;          ///< of all of them
  std::vector<std::string> locations;  ///< for which it runs; empty where the event says it, or where they play no part
  Limits limits;
  std::set<std::string> secrets;  ///< "secret:name" each
};

/// What it calls is read from its project's files.
Account account_of(std::shared_ptr<const Workflow> workflow, const Catalog& catalog, const Project& project);

/// What is new since a version that ran.
struct NewSince {
  std::string version = {};  ///< the hash of its text; empty where none ran
  std::vector<Widening> widened = {};
};

/// What `now` may and `before` might not, a line each: what it touches, where, with which secrets, and how much of it
/// in one run.
std::vector<Widening> widened(const Account& before, const Account& now);
/// What `before` might and `now` may not, without what limits say.
std::vector<Widening> narrowed(const Account& before, const Account& now);

std::set<std::string> connections_in(const Account& account);
/// What the connection's token needs for it.
std::set<std::string> scopes_at(const Account& account, const std::string& connection);
/// Where permissions are said that hold for the workflow: "workflows/prune.yaml:4".
std::vector<std::string> narrowed_by(const Account& account, const Project& project);

}  // namespace millrace
