#include "../support/job.hpp"
#include "crypto/base64.hpp"

namespace {

using namespace millrace;

/// The text of an input; in a plan, what stands for a text that only a real run will tell.
std::string text_or_unknown(const job::Json& input, std::string_view name) {
  const job::Json* value = job::find(input, name);
  if (value != nullptr && job::is_unknown(*value)) return "(" + job::text_of(*value, "$unknown") + ")";
  return job::text_of(input, name);
}

bool is_known(const job::Json& input, std::string_view name) {
  const job::Json* value = job::find(input, name);
  return value == nullptr || !job::is_unknown(*value);
}

/// What the file is to hold: bytes stand in JSON as base64.
std::string content_of(const job::Json& input) {
  std::string text = text_or_unknown(input, "text");
  if (job::text_of(input, "as") != "bytes" || !is_known(input, "text")) return text;
  auto bytes = decode_base64(text);
  if (!bytes) throw job::Failure{"invalid", "\"text\" is not base64, which \"as: bytes\" takes"};
  return *std::move(bytes);
}

job::Json write(job::Call& call, const job::Json& input) {
  job::Json written = call.write_file(text_or_unknown(input, "file"), content_of(input));
  if (!is_known(input, "text") || !is_known(input, "as")) {
    written["bytes"] = job::object("$unknown", job::text("the size of the file"));
  }
  return written;
}

}  // namespace

const mr_plugin* mr_plugin_entry() { return job::plugin("files", {{"write", write}}); }
