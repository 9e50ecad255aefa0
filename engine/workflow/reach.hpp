#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "workflow/permissions.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// One thing that a workflow may touch, and what in its file brings that about: inferred, so never less than what the
/// gate of its runs sees.
struct Reached {
  Touch::At at = Touch::At::thing;
  EffectSet effects;
  std::string kind;
  std::string connection;  ///< over which; empty: none, or not known without a project
  std::string place;       ///< as Touch has it
  int port = 0;
  bool whole = true;
  std::string says;  ///< what gives a place that is not known before the run: an expression, or a secret's handle
  bool of_project = false;  ///< a file that is sent lies below the project's folder
  /// The engine looks there by itself, before `by` changes what data names; where it may not, the change is made all
  /// the same.
  bool before_change = false;
  std::string action;    ///< the one that touches it
  std::string by;        ///< the step's action or trigger that calls this one; empty where it is the step's own
  std::string scope;     ///< that a token needs for it; or empty
  std::string workflow;  ///< the id of that in whose file it stands
  SourceMark from;       ///< of the step's action, or of the trigger

  /// Borrows from this.
  Touch touch() const noexcept;
};

/// What the workflow's own steps, those after failures, its watches and plugins' triggers may touch, jobs with all that
/// they call; in the order of the file. Without a project, connections are those that steps name.
std::vector<Reached> reach_of(const Workflow& workflow, const Catalog& catalog, const Project* project);

/// What binds runs of the workflow: its own permissions and the project's, where they say any. The project's do not
/// bind its alarms, which stand beside them.
std::vector<std::shared_ptr<const Bounds>> bounds_on(const Workflow& workflow, const Project* project);

/// `reach_of`, where what only the run can tell is no more than what is allowed: any host is then one of those that the
/// bounds name, and any method one that they allow. What they forbid is left out.
std::vector<Reached> within(std::vector<Reached> reach, const Bounds& bounds);

/// `reach_of` within its own bounds and the project's, of the workflow and of all that it calls.
std::vector<Reached> whole_reach(const std::vector<std::shared_ptr<const Workflow>>& with_called,
                                 const Catalog& catalog, const Project* project);

/// Why those who are bound so may not call that workflow, which may do more, itself or by what it calls in turn;
/// nothing where they may. What only its run can tell, its own `permissions` have to narrow.
std::optional<Forbidden> forbidden_call(const Bounds& bounds, std::shared_ptr<const Workflow> called,
                                        const Catalog& catalog, const Project& project);

/// The secrets that the workflow uses: "secret:name" each; those of its connections, of its steps and of what proves
/// its senders.
std::set<std::string> used_secrets(const Workflow& workflow, const std::vector<Reached>& reach, const Catalog& catalog,
                                   const Project* project);

}  // namespace millrace
