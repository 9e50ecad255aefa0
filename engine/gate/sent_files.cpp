#include "gate/sent_files.hpp"

#include <map>

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
    const Value* given = takes_files(action, input) ? shipment.input.find(input) : nullptr;
    if (given == nullptr) continue;
    const Value::List one = {*given};
    for (const Value& file : given->is_list() ? given->list() : one) {
      if (file.is_text() && !file.text().empty()) files.emplace_back(part.text(), file.text());
    }
  }
  return files;
}

Status check_files(const std::vector<std::pair<std::string, std::string>>& files,
                   const std::filesystem::path& project) {
  std::size_t all = 0;
  for (const auto& [part, file] : files) {
    const std::size_t size = TRY(size_of_project_file(project, file));
    all += size;
    if (all > most_bytes)
      return Error{ErrorCode::invalid, "cannot read file \"" + file + "\": it is larger than 50 MiB" +
                                           (all > size ? ", together with those before it" : "")};
  }
  return Done{};
}

Result<Value> body_with_files(const Value& body, const std::vector<std::pair<std::string, std::string>>& files,
                              const std::filesystem::path& project) {
  TRY(check_files(files, project));
  Map parts = body.is_map() ? body.map() : Map();
  std::map<std::string, Value::List> contents;
  for (const auto& [part, file] : files)
    contents[part].push_back(Value::bytes(TRY(bytes_of_project_file(project, file, most_bytes))));
  for (auto& [part, each] : contents) {
    const Value* named = parts.find(std::string_view(part));
    const bool listed = named != nullptr && named->is_list();
    parts.set(part, listed ? Value(std::move(each)) : std::move(each.front()));
  }
  return Value(std::move(parts));
}

}  // namespace millrace
