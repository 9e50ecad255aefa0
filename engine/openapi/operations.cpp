#include "openapi/operations.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "openapi/answer.hpp"
#include "openapi/names.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_operations = 10'000;
constexpr std::size_t longest_path = 1000;  // in bytes

std::string upper(std::string_view text) {
  std::string large(text);
  std::transform(large.begin(), large.end(), large.begin(), [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  });
  return large;
}

/// The paths that have another below them that is a parameter more: "/pets" where there is "/pets/{id}".
std::set<std::string> paths_of_things(const Spot& paths) {
  std::set<std::string> parents;
  for (const auto& [key, item] : paths.value->map()) {
    const std::string& path = key.text();
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos && slash > 0 && path.ends_with('}') && path.substr(slash, 2) == "/{")
      parents.insert(path.substr(0, slash));
  }
  return parents;
}

class OperationFinder {
 public:
  OperationFinder(Documents& documents, Import& import) : documents_(documents), import_(import) {}

  std::vector<Operation> find(const Spot& paths) {
    parents_ = paths_of_things(paths);
    for (const auto& [key, value] : paths.value->map()) {
      if (!key.text().starts_with("x-")) add_path(paths.at(key.text()), key.text());
    }
    return std::move(operations_);
  }

 private:
  void add_path(const Spot& written, const std::string& path) {
    const Spot item = documents_.follow(written);
    if (!item) return;
    if (!path.starts_with('/') || path.size() > longest_path) {
      documents_.tell(Severity::error, "wrong-path", written,
                      path.size() > longest_path ? "the path is longer than 1000 bytes" : "a path begins with a /");
    }
    if (!item.is_map()) return documents_.tell(Severity::error, "wrong-path", item, "expected the methods of a path");
    for (const std::string_view method :
         {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}) {
      if (const Spot spot = item.at(method)) add(item, spot, upper(method), path);
    }
  }

  void add(const Spot& item, const Spot& spot, std::string method, const std::string& path) {
    if (!spot.is_map())
      return documents_.tell(Severity::error, "wrong-operation", spot, "expected what the operation takes and gives");
    ++import_.operations;
    Operation operation = {std::move(method), path, spot, item, "", false, false};
    const std::string why = reason_to_leave_out(operation);
    if (!why.empty()) {
      import_.left_out.push_back({printable(shortened(words_for(operation), longest_path)), why});
      return;
    }
    const Answers answers = find_answers(documents_, operation);
    const bool parent = parents_.count(path) > 0;
    operation.lists = parent || is_list_answer(documents_, answers);
    operation.creates = parent || answers.created;
    operations_.push_back(std::move(operation));
  }

  std::string reason_to_leave_out(const Operation& operation) const {
    if (!operation.path.starts_with('/') || operation.path.size() > longest_path) return "its path is none";
    if (operations_.size() >= most_operations) return "a plugin has at most 10,000 actions";
    const std::string& method = operation.method;
    if (method == "OPTIONS" || method == "TRACE" || method == "QUERY") return "a manifest has no method " + method;
    for (const Spot* place : {&operation.spot, &operation.item}) {
      const Spot servers = place->at("servers");
      if (!servers.is_list() || servers.value->list().empty()) continue;
      if (servers.item(0).text("url") == documents_.root().at("servers").item(0).text("url")) return "";
      return "it goes to a server of its own, and a connection has one address";
    }
    return "";
  }

  Documents& documents_;
  Import& import_;
  std::set<std::string> parents_;
  std::vector<Operation> operations_;
};

}  // namespace

std::vector<Operation> find_operations(Documents& documents, Import& import) {
  const Spot paths = documents.root().at("paths");
  if (paths.is_map()) return OperationFinder(documents, import).find(paths);
  const Severity severity = paths ? Severity::error : Severity::warning;
  documents.tell(severity, "no-paths", paths ? paths : documents.root(),
                 "the document has no paths, so there is nothing to do");
  return {};
}

}  // namespace millrace
