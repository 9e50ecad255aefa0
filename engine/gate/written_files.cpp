#include "gate/written_files.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_occurrences = 1000;

}  // namespace

Status WrittenFiles::claim(const Action& action, const CallSite& site, const std::string& file) {
  if (site.occurrence.empty()) return Done{};
  Files& files = files_of(site.occurrence);
  const Writer writer = writer_at(site);
  const auto [known, is_new] = files.try_emplace(file, writer);
  if (!is_new && known->second != writer && !site.overwrites) {
    const std::string& place = known->second.location;
    const std::string& workflow = known->second.workflow;
    const bool can_ask = action.inputs().property("overwrite").known();
    return Error{ErrorCode::conflict,
                 "cannot write file \"" + file + "\": step " + known->second.step +
                     (workflow == site.workflow ? "" : " of " + workflow) +
                     (place == site.location ? "" : " for the location " + place) +
                     " has written it in this run, and what it holds would be lost; put what tells them apart into its "
                     "name, such as ${{ run.location }} or ${{ item.id }}" +
                     (can_ask ? ", or say overwrite: true" : "")};
  }
  known->second = writer;
  return Done{};
}

void WrittenFiles::recall(const CallSite& site, const std::string& file) {
  files_of(site.occurrence)[file] = writer_at(site);
}

WrittenFiles::Writer WrittenFiles::writer_at(const CallSite& site) {
  return {site.step, site.location, site.workflow, site.called_by + render(site.entry.step)};
}

WrittenFiles::Files& WrittenFiles::files_of(const std::string& occurrence) {
  Files& files = by_occurrence_[occurrence];
  if (by_occurrence_.size() > most_occurrences) {
    const auto oldest = by_occurrence_.begin();
    by_occurrence_.erase(oldest->first == occurrence ? std::next(oldest) : oldest);
  }
  return files;
}

}  // namespace millrace
