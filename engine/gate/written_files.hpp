#pragma once

#include <map>
#include <string>

#include "base/result.hpp"
#include "courier/call_site.hpp"

namespace millrace {

/// Which step wrote which file for one event, so that neither another step, the same in another round or call, nor the
/// run of another location replaces it unasked. In memory, of the last events only. Loop thread only.
class WrittenFiles {
 public:
  /// The step may write `file` from now on; `conflict` where another one has done so.
  Status claim(const CallSite& site, const std::string& file);

 private:
  struct Writer {
    std::string step, location, workflow, writer;
    bool operator==(const Writer&) const = default;
  };
  std::map<std::string, std::map<std::string, Writer>> by_occurrence_;
};

}  // namespace millrace
