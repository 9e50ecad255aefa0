#include "statistics.hpp"

const mr_plugin* mr_plugin_entry() {
  using namespace millrace;
  // `push` sends the time on as it was written.
  return job::plugin("statistics",
                     {{"collect", statistics::collect}, {"query", statistics::query}, {"push", statistics::push}},
                     job::Times::as_written);
}
