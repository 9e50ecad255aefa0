#include "gate/change_count.hpp"

#include <algorithm>
#include <utility>

#include "gate/gate.hpp"

namespace millrace {

std::string whose_default(const std::string& action, const std::string& key, const std::string& workflow) {
  if (action.empty()) return "";
  return " (the default of " + action + "; \"safety: {" + key + ": ...}\" in " +
         (workflow.empty() ? "the workflow" : workflow) + " changes it)";
}

ChangeCount::ChangeCount(std::string workflow, Limits limits, std::shared_ptr<ChangeCount> caller, ChangesBefore before)
    : workflow_(std::move(workflow)),
      limits_(std::move(limits)),
      caller_(std::move(caller)),
      made_(before.made),
      before_at_bad_end_(before.at_bad_end) {}

std::shared_ptr<ChangeCount> ChangeCount::apart() const {
  auto count = std::make_shared<ChangeCount>(workflow_, limits_, caller_ != nullptr ? caller_->apart() : nullptr,
                                             ChangesBefore{made_, before_at_bad_end_});
  count->is_at_bad_end_ = is_at_bad_end_;
  count->of_called_ = of_called_;
  count->passed_ = passed_;
  return count;
}

std::shared_ptr<ChangeCount> ChangeCount::at_bad_end() {
  if (is_at_bad_end_) return shared_from_this();
  if (!at_bad_end_) {
    const bool caller_passed = caller_ != nullptr && caller_->passed();
    at_bad_end_ = std::make_shared<ChangeCount>(workflow_, limits_, caller_passed ? caller_->at_bad_end() : caller_,
                                                ChangesBefore{before_at_bad_end_});
    at_bad_end_->is_at_bad_end_ = true;
  }
  return at_bad_end_;
}

std::string ChangeCount::of_whom() const {
  const std::string whose = of_called_ ? workflow_ + " and what it calls" : "this run";
  return is_at_bad_end_ ? "at the bad end of " + whose : "of " + whose;
}

/// Whoever reads it may see it in a run that was called, or look for changes that are in the lists of other runs.
std::string ChangeCount::limit_in_words() const {
  return "max_changes " + (of_called_ ? "of " + workflow_ + " " : "") + "is " + std::to_string(*limits_.max_changes) +
         whose_default(limits_.max_changes_from, "max_changes", of_called_ ? workflow_ : "");
}

std::optional<Error> ChangeCount::count(const std::string& summary, std::int64_t things) {
  std::optional<Error> first;
  for (ChangeCount* each = this; each != nullptr; each = each->caller_.get()) {
    each->made_ += things;
    each->of_called_ = each->of_called_ || each != this;
    std::optional<Error> passes = each->passed_;
    if (each->is_over(each->made_)) {
      const std::string number = std::to_string(each->made_);
      passes = Error{ErrorCode::limited,
                     "safety: " + summary +
                         (things == 1 ? " would be change " + number : " would make it " + number + " changes") + " " +
                         each->of_whom() + ", and " + each->limit_in_words()};
      if (!each->passed_) each->passed_ = passes;
    }
    if (!first) first = std::move(passes);
  }
  return first;
}

void ChangeCount::take_back(std::int64_t things) {
  for (ChangeCount* each = this; each != nullptr; each = each->caller_.get()) each->made_ -= things;
}

std::optional<Error> ChangeCount::foresee(std::int64_t count, const std::string& what) const {
  for (const ChangeCount* each = this; each != nullptr; each = each->caller_.get()) {
    if (each->passed_) return each->passed_;
    if (!each->is_over(each->made_ + count)) continue;
    return Error{ErrorCode::limited,
                 what + ", and " + each->limit_in_words() +
                     (each->made_ > 0 ? ", of which " + std::to_string(each->made_) + " are used" : "") +
                     "; nothing of it was done"};
  }
  return std::nullopt;
}

ChangesBefore made_before(const std::vector<PastChange>& changes) {
  const auto at_bad_end =
      std::count_if(changes.begin(), changes.end(), [](const PastChange& each) { return each.at_bad_end; });
  return {std::ssize(changes) - at_bad_end, at_bad_end};
}

std::optional<Error> ChangeCount::passed() const { return passed_ || caller_ == nullptr ? passed_ : caller_->passed(); }

}  // namespace millrace
