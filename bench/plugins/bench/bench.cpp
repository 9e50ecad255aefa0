#include "../../../plugins/support/job.hpp"

namespace {

using namespace millrace;

job::Json keep(job::Call&, const job::Json& input) { return job::copy(*job::find(input, "value")); }

}  // namespace

const mr_plugin* mr_plugin_entry() { return job::plugin("bench", {{"keep", keep}}); }
