#include "cli/input.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "value/json.hpp"

namespace millrace {

Result<std::string> read_input(const std::string& file) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(nullptr, [](std::FILE* f) { return std::fclose(f); });
  std::FILE* from = stdin;
  if (file != "-") {
    opened.reset(std::fopen(file.c_str(), "rb"));
    from = opened.get();
  }
  if (from == nullptr) return Error{ErrorCode::not_found, "cannot read " + file + ": " + std::strerror(errno)};
  std::string text;
  char part[16384];
  std::size_t got = 0;
  while ((got = std::fread(part, 1, sizeof part, from)) > 0) text.append(part, got);
  if (std::ferror(from) != 0) return Error{ErrorCode::unavailable, "cannot read " + file + ": " + std::strerror(errno)};
  return text;
}

Result<Value> read_json_input(const std::string& file, const std::string& what) {
  const std::string text = TRY(read_input(file));
  auto value = parse_json(text, from_outside);
  if (!value) return value.error().within(what + " in " + (file == "-" ? "stdin" : file) + " is not valid JSON");
  return std::move(*value);
}

}  // namespace millrace
