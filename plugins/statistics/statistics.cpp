#include "statistics.hpp"

#include "scores.hpp"
#include "tag_usage.hpp"

const mr_plugin* mr_plugin_entry() {
  using namespace millrace;
  // `push` sends the time on as it was written.
  return job::plugin("statistics",
                     {{"collect", statistics::collect},
                      {"collect_tags", statistics::collect_tags},
                      {"note_response", statistics::note_response},
                      {"query", statistics::query},
                      {"compute", statistics::compute},
                      {"push", statistics::push}},
                     job::Times::as_written);
}
