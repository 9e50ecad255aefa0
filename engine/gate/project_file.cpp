#include "gate/project_file.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "gate/csv_rows.hpp"
#include "gate/output_folder.hpp"
#include "secret/redacted.hpp"
#include "value/json.hpp"
#include "workflow/own_files.hpp"

namespace millrace {

namespace {

constexpr std::size_t largest_read = std::size_t{8} << 20;

Error not_readable(const std::string& name, const std::string& why, ErrorCode code = ErrorCode::denied) {
  return {code, "cannot read file \"" + name + "\": " + why};
}

/// What Millrace keeps is known by its first bytes, so that no copy, backup or other name of it is read either: a store
/// by the number that it has among SQLite's files, the log beside such a file, the key of a vault. A store that was
/// just made has its number in the log alone, and is known by the file with its mark.
bool kept_by_millrace(const std::filesystem::path& project, const std::string& name, std::string_view bytes) {
  constexpr std::string_view database = "SQLite format 3", log = "\x37\x7f\x06", key = "millrace-vault-key";
  constexpr std::size_t number_at = 68;
  if (bytes.starts_with(log) || trim(bytes.substr(0, 4096)).starts_with(key)) return true;
  if (!bytes.starts_with(database) || bytes.size() <= number_at) return false;
  return bytes.substr(number_at, 4) == "Mill" || size_below(project, name + "-mark");
}

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

/// What a file holds, as the step wants it; bytes are still such.
Result<Value> content_of(const std::string& name, std::string bytes, const Value& input) {
  const std::string as = input.text_or("as", "text");
  if (as == "bytes") return Value::bytes(std::move(bytes));
  if (!valid_utf8(bytes)) return not_readable(name, "it is no text in UTF-8: read it as: bytes", ErrorCode::invalid);
  const std::string_view text = without_mark(bytes);
  if (as == "text") return Value(std::string(text));
  auto read =
      as == "json" ? parse_json(trim(text), from_outside) : csv_rows(text, input.text_or("separator", ",").front());
  if (!read) return read.error().within("file \"" + name + "\"");
  return read;
}

/// On a worker, which knows no secrets.
Result<Value> read_as_it_is(const std::filesystem::path& project, const Value& input) {
  const std::string name = input.text_or("file");
  auto bytes = bytes_of_project_file(project, name, largest_read);
  if (!bytes && bytes.error().code == ErrorCode::limited)
    return not_readable(name, "it is larger than 8 MiB", ErrorCode::invalid);
  if (!bytes) return bytes.error();
  const auto size = static_cast<std::int64_t>(bytes->size());
  Value content = TRY(content_of(name, std::move(*bytes), input));
  return Value::object({{"file", name}, {"bytes", size}, {"content", std::move(content)}});
}

}  // namespace

Result<std::size_t> size_of_project_file(const std::filesystem::path& project, const std::string& name) {
  TRY(check_project_file(name));
  return size_below(project, name);
}

Result<std::string> bytes_of_project_file(const std::filesystem::path& project, const std::string& name,
                                          std::size_t most) {
  TRY(check_project_file(name));
  std::string bytes = TRY(read_below(project, name, most));
  if (kept_by_millrace(project, name, bytes)) return not_readable(name, "it is what Millrace keeps for itself");
  return bytes;
}

Task<Result<Value>> read_project_file(Loop& loop, std::filesystem::path project, Value input, const Secrets& secrets) {
  std::function<Result<Value>()> job = [&project, &input] { return read_as_it_is(project, input); };
  const auto read = co_await on_worker<Result<Value>>(loop, job);
  if (!read) co_return redacted(secrets, read.error());
  Map members = redacted(secrets, *read).map();
  const Value* content = members.find("content");
  if (content->is(Kind::bytes)) members.set("content", encode_base64(content->bytes()));
  co_return Value(std::move(members));
}

}  // namespace millrace
