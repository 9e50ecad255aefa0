#pragma once

#include <map>
#include <string>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "courier/call_site.hpp"

namespace millrace {

/// Which step wrote which file for one event, so that neither another step, the same in another round or call, nor the
/// run of another location replaces it unasked. In memory, of the last events only. Loop thread only.
class WrittenFiles {
 public:
  /// The step, which does `action`, may write `file` from now on; `conflict` where another one has done so.
  Status claim(const Action& action, const CallSite& site, const std::string& file);
  /// The step has written it, as the record of an earlier life says.
  void recall(const CallSite& site, const std::string& file);

 private:
  struct Writer {
    std::string step, location, workflow, path;  // the path with the calls that led to it
    bool operator==(const Writer&) const = default;
  };
  using Files = std::map<std::string, Writer>;

  static Writer writer_at(const CallSite& site);
  Files& files_of(const std::string& occurrence);

  std::map<std::string, Files> by_occurrence_;
};

}  // namespace millrace
