#pragma once

#include <string>
#include <vector>

#include "workflow/reach.hpp"
#include "workflow/safety.hpp"

namespace millrace {

/// One thing that a workflow may do, in words: "may delete contacts".
struct Capability {
  std::string verb;      ///< "delete"; in the order of `summary`
  std::string object;    ///< "contacts"; "files in output/reports"; "any host (event.url)"
  SourceMark from;       ///< the first place that brings it about
  std::string workflow;  ///< in whose file that is
};

/// What the reach comes to, each thing once; and over which connections ("work", "through highlevel").
std::vector<Capability> capabilities_of(const std::vector<Reached>& reach);

/// In one line: "reads contacts and location tags · deletes location tags (50 at most, or 10 percent) · writes files in
/// output/reports · works through highlevel at 2 locations". `locations` empty: they depend on the event, or play no
/// part.
std::string summary(const std::vector<Reached>& reach, const std::vector<std::string>& locations, const Limits& limits);
/// The parts of it: one a verb. None where nothing outside is touched.
std::vector<std::string> summary_parts(const std::vector<Reached>& reach, const std::vector<std::string>& locations,
                                       const Limits& limits);

std::string percent_words(double percent);  ///< "12.5 percent"

/// What `now` may and `before` might not, a line each, in the order of the file of `workflow`: "may delete contacts
/// (line 31)".
struct Widening {
  std::string sentence;
  SourceMark at;
};
std::vector<Widening> widened(const std::vector<Capability>& before, const std::vector<Capability>& now,
                              const std::string& workflow);

}  // namespace millrace
