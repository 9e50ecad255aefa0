#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "decider/event.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// One way that a run of a workflow may take at a step.
struct Branch {
  enum class Kind : std::uint8_t {
    block,    ///< its steps inside: a branch, a loop's body, what handles its failure, who is told
    held,     ///< its condition holds
    skipped,  ///< its condition does not hold
    again,    ///< it fails and is tried again
    goes_on,  ///< it fails, and the run goes on
    approved,
    refused,
  };
  StepPath step;  ///< with 0 in place of each turn's number; of a phase: only its number
  Kind kind = Kind::block;
  std::uint32_t block = 0;  ///< of a block: its number
  std::string what;         ///< for people: "else of the if"
  SourceMark at;
  bool taken = false;
};

/// Which of a workflow's branches runs have taken. Where both ways go on with the same steps there is no branch.
class Branches {
 public:
  explicit Branches(const Workflow& workflow);
  /// What happened to a run of the workflow.
  void hear(const RunEvent& event);

  const std::vector<Branch>& all() const noexcept { return all_; }
  std::size_t taken() const noexcept;

 private:
  void add(const Steps& steps, const StepPath& inside);
  void add_step(const Step& step, const StepPath& path);
  void add_blocks(const Step& step, const StepPath& path);
  void take(const StepPath& path, Branch::Kind kind, std::uint32_t block = 0);
  StepPath in_file(const StepPath& path) const;

  const Workflow& workflow_;
  std::vector<Branch> all_;
};

}  // namespace millrace
