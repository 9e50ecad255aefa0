#include "gate/sent_files.hpp"

#include "gate/project_file.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_bytes = std::size_t{50} << 20;

}  // namespace

std::vector<std::pair<std::string, std::string>> files_in(const Shipment& shipment) {
  std::vector<std::pair<std::string, std::string>> files;
  const Action& action = *shipment.action;
  if (shipment.of_library || !action.request || !action.request->multipart) return files;
  for (const auto& [part, source] : action.request->body.map()) {
    const std::string input = source.is_text() ? source.text() : "";
    const std::string file = shipment.input.text_or(input);
    if (action.inputs().property(input).format() == "file" && !file.empty()) files.emplace_back(part.text(), file);
  }
  return files;
}

Status check_files(const std::vector<std::pair<std::string, std::string>>& files,
                   const std::filesystem::path& project) {
  for (const auto& [part, file] : files) {
    const std::size_t size = TRY(size_of_project_file(project, file));
    if (size > most_bytes)
      return Error{ErrorCode::invalid, "cannot read file \"" + file + "\": it is larger than 50 MiB"};
  }
  return Done{};
}

Result<Value> body_with_files(const Value& body, const std::vector<std::pair<std::string, std::string>>& files,
                              const std::filesystem::path& project) {
  TRY(check_files(files, project));
  Map parts = body.is_map() ? body.map() : Map();
  for (const auto& [part, file] : files)
    parts.set(part, Value::bytes(TRY(bytes_of_project_file(project, file, most_bytes))));
  return Value(std::move(parts));
}

}  // namespace millrace
