#include "../support/job.hpp"
#include "crypto/base64.hpp"

namespace {

using namespace millrace;

/// nullptr unless it is one that only a real run will tell.
const job::Json* unknown_in(const job::Json& input, std::string_view name) {
  const job::Json* value = job::find(input, name);
  return value != nullptr && job::is_unknown(*value) ? value : nullptr;
}

/// The text of an input; in a plan, what stands for an unknown one.
std::string text_or_unknown(const job::Json& input, std::string_view name) {
  const job::Json* unknown = unknown_in(input, name);
  return unknown != nullptr ? "(" + job::text_of(*unknown, "$unknown") + ")" : job::text_of(input, name);
}

/// What the file is to hold: bytes stand in JSON as base64.
std::string content_of(const job::Json& input) {
  std::string text = text_or_unknown(input, "text");
  if (job::text_of(input, "as") != "bytes" || unknown_in(input, "text")) return text;
  auto bytes = decode_base64(text);
  if (!bytes) throw job::Failure{"invalid", "\"text\" is not base64, which \"as: bytes\" takes"};
  return *std::move(bytes);
}

job::Json write(job::Call& call, const job::Json& input) {
  job::Json written = call.write_file(text_or_unknown(input, "file"), content_of(input));
  if (unknown_in(input, "text") || unknown_in(input, "as")) {
    written["bytes"] = job::object("$unknown", job::text("the size of the file"));
  }
  return written;
}

}  // namespace

const mr_plugin* mr_plugin_entry() { return job::plugin("files", {{"write", write}}); }
