#include "gate/written_files.hpp"

#include <algorithm>

namespace millrace {

namespace {

constexpr std::size_t fewest_looked_through = 1000;

/// A file of these names that would have to be a folder if this one was a file, or the reverse; nullptr: none.
template <class Names>
const typename Names::value_type* in_the_way(const Names& names, const std::string& file) {
  for (std::size_t end = file.find('/'); end != std::string::npos; end = file.find('/', end + 1)) {
    const auto folder = names.find(file.substr(0, end));
    if (folder != names.end()) return &*folder;
  }
  const auto below = names.lower_bound(file + "/");
  return below != names.end() && below->first.starts_with(file + "/") ? &*below : nullptr;
}

}  // namespace

Status WrittenFiles::claim(const Action& action, const CallSite& site, const std::string& file) {
  if (site.occurrence.empty()) return Done{};
  auto& names = files_of(site.occurrence).by_name;
  if (const auto* other = in_the_way(names, file)) {
    const std::string& folder = std::min(other->first, file);
    return Error{ErrorCode::conflict, "cannot write file \"" + file + "\": " + shown(other->second, site) +
                                          " has written \"" + other->first + "\" in this run, and \"" + folder +
                                          "\" cannot be a file and a folder; give one of them another name"};
  }
  const Writer writer = writer_at(site);
  const auto [known, is_new] = names.try_emplace(file, writer);
  if (!is_new && known->second != writer && !site.overwrites) {
    const bool can_ask = action.inputs().property("overwrite").known();
    return Error{ErrorCode::conflict,
                 "cannot write file \"" + file + "\": " + shown(known->second, site) +
                     " has written it in this run, and what it holds would be lost; put what tells them apart into its "
                     "name, such as ${{ run.location }} or ${{ item.id }}" +
                     (can_ask ? ", or say overwrite: true" : "")};
  }
  known->second = writer;
  return Done{};
}

void WrittenFiles::recall(const CallSite& site, const std::string& file) {
  files_of(site.occurrence).by_name[file] = writer_at(site);
}

WrittenFiles WrittenFiles::of(const std::string& occurrence) const {
  WrittenFiles files;
  if (const auto known = by_occurrence_.find(occurrence); known != by_occurrence_.end())
    files.by_occurrence_[occurrence] = known->second;
  return files;
}

void WrittenFiles::keep_while(const std::string& occurrence, const std::shared_ptr<const void>& under_way) {
  auto& known = files_of(occurrence).under_way;
  std::erase_if(known, [](const UnderWay& each) { return each.expired(); });
  known.insert(under_way);
}

bool WrittenFiles::has_forgotten(const std::string& occurrence) const {
  return occurrence <= last_forgotten_ && !by_occurrence_.contains(occurrence);
}

WrittenFiles::Writer WrittenFiles::writer_at(const CallSite& site) {
  return {site.step, site.location, site.workflow, site.called_by + render(site.entry.step)};
}

/// For people, to the step at `site`.
std::string WrittenFiles::shown(const Writer& writer, const CallSite& site) {
  return "step " + writer.step + (writer.workflow == site.workflow ? "" : " of " + writer.workflow) +
         (writer.location == site.location ? "" : " for the location " + writer.location);
}

WrittenFiles::Files& WrittenFiles::files_of(const std::string& occurrence) {
  const auto [known, is_new] = by_occurrence_.try_emplace(occurrence);
  if (is_new && by_occurrence_.size() > most_) {
    forget_all_that_ended(occurrence);
    most_ = std::max(fewest_looked_through, 2 * by_occurrence_.size());
  }
  return known->second;
}

void WrittenFiles::forget_all_that_ended(const std::string& but) {
  std::erase_if(by_occurrence_, [this, &but](const auto& each) {
    const auto& [occurrence, files] = each;
    const bool ended =
        std::all_of(files.under_way.begin(), files.under_way.end(), [](const UnderWay& run) { return run.expired(); });
    if (!ended || occurrence == but) return false;
    if (!files.by_name.empty()) last_forgotten_ = std::max(last_forgotten_, occurrence);
    return true;
  });
}

}  // namespace millrace
