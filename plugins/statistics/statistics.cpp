#include "statistics.hpp"

const mr_plugin* mr_plugin_entry() {
  using namespace millrace;
  return job::plugin("statistics",
                     {{"collect", statistics::collect}, {"query", statistics::query}, {"push", statistics::push}});
}
