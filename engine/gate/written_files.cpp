#include "gate/written_files.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_occurrences = 1000;

}  // namespace

Status WrittenFiles::claim(const CallSite& site, const std::string& file) {
  if (site.occurrence.empty()) return Done{};
  auto& files = by_occurrence_[site.occurrence];
  const Writer writer{site.step, site.location, site.workflow, site.writer};
  const auto [known, is_new] = files.try_emplace(file, writer);
  if (!is_new && known->second != writer && !site.overwrites) {
    const std::string& place = known->second.location;
    const std::string& workflow = known->second.workflow;
    return Error{ErrorCode::conflict,
                 "cannot write file \"" + file + "\": step " + known->second.step +
                     (workflow == site.workflow ? "" : " of " + workflow) +
                     (place == site.location ? "" : " for the location " + place) +
                     " has written it in this run, and what it holds would be lost; put what tells them apart into its "
                     "name, such as ${{ run.location }} or ${{ item.id }}, or say overwrite: true"};
  }
  known->second = writer;
  if (by_occurrence_.size() > most_occurrences) {
    const auto oldest = by_occurrence_.begin();
    by_occurrence_.erase(oldest->first == site.occurrence ? std::next(oldest) : oldest);
  }
  return Done{};
}

}  // namespace millrace
