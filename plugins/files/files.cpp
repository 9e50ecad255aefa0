#include "../support/job.hpp"

namespace {

using namespace millrace;

/// The text of an input; in a plan, what stands for a text that only a real run will tell.
std::string text_or_unknown(const job::Json& input, std::string_view name) {
  const job::Json* value = job::find(input, name);
  if (value != nullptr && job::is_unknown(*value)) return "(" + job::text_of(*value, "$unknown") + ")";
  return job::text_of(input, name);
}

job::Json write(job::Call& call, const job::Json& input) {
  job::Json written = call.write_file(text_or_unknown(input, "file"), text_or_unknown(input, "text"));
  const job::Json* text = job::find(input, "text");
  if (text != nullptr && job::is_unknown(*text)) {
    written["bytes"] = job::object("$unknown", job::text("the size of the file"));
  }
  return written;
}

}  // namespace

const mr_plugin* mr_plugin_entry() { return job::plugin("files", {{"write", write}}); }
