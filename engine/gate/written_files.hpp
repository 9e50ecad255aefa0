#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "courier/call_site.hpp"

namespace millrace {

/// Which step wrote which file for one event, so that neither another step, the same in another round or call, nor the
/// run of another location replaces it unasked. In memory, for as long as runs of the event are under way, and for some
/// time more. Loop thread only.
class WrittenFiles {
 public:
  /// The step, which does `action`, may write `file` from now on; `conflict` where another one has done so, or where
  /// the file would have to be a folder, too.
  Status claim(const Action& action, const CallSite& site, const std::string& file);
  /// The step has written it, as the record of an earlier life says.
  void recall(const CallSite& site, const std::string& file);

  /// What is known of one occurrence alone, for who looks ahead and claims nothing.
  WrittenFiles of(const std::string& occurrence) const;

  /// What is written for the occurrence is not forgotten while somebody else holds `under_way`.
  void keep_while(const std::string& occurrence, const std::shared_ptr<const void>& under_way);
  /// Whether files of the occurrence may have been known before, and are not any more.
  bool has_forgotten(const std::string& occurrence) const;

 private:
  struct Writer {
    std::string step, location, workflow, path;  // the path with the calls that led to it
    bool operator==(const Writer&) const = default;
  };
  using UnderWay = std::weak_ptr<const void>;
  struct Files {
    std::map<std::string, Writer> by_name;
    std::set<UnderWay, std::owner_less<UnderWay>> under_way;
  };

  static Writer writer_at(const CallSite& site);
  static std::string shown(const Writer& writer, const CallSite& site);
  Files& files_of(const std::string& occurrence);
  void forget_all_that_ended(const std::string& but);

  std::map<std::string, Files> by_occurrence_;
  std::size_t most_ = 1000;     // occurrences, before those that have ended are looked for
  std::string last_forgotten_;  // the greatest that had files
};

}  // namespace millrace
