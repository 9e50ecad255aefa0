#include "openapi/operations.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "openapi/answer.hpp"
#include "openapi/connection.hpp"
#include "openapi/names.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_operations = 10'000;
constexpr std::size_t longest_path = 1000;  // in bytes
constexpr std::string_view methods[] = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"};

template <std::size_t Size>
bool is_among(std::string_view word, const std::string_view (&words)[Size]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

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

void tell_calls(Documents& documents, const Spot& spot) {
  documents.tell(Severity::hint, "left-out-webhooks", spot, "what the far side calls by itself is no action");
}

class OperationFinder {
 public:
  OperationFinder(Documents& documents, const Spot& shown, Import& import)
      : documents_(documents), shown_(shown), import_(import) {}

  std::vector<Operation> find(const Spot& paths) {
    parents_ = paths_of_things(paths);
    for (const auto& [key, value] : paths.value->map()) {
      if (!key.text().starts_with("x-")) add_path(paths.at(key.text()), key.text());
    }
    return std::move(operations_);
  }

 private:
  void add_path(const Spot& written, const std::string& path) {
    const Spot reference = written.at("$ref");
    if (reference && !reference.value->is_text())
      documents_.tell(Severity::error, "wrong-path", reference, "a $ref is a text that says where the path is written");
    const Spot item = documents_.follow(written);
    if (!item) return;
    if (!path.starts_with('/') || path.size() > longest_path) {
      documents_.tell(Severity::error, "wrong-path", written,
                      path.size() > longest_path ? "the path is longer than 1000 bytes" : "a path begins with a /");
    }
    if (!item.is_map()) return documents_.tell(Severity::error, "wrong-path", item, "expected the methods of a path");
    tell_same(written, path);
    add_methods(item, path);
    if (is_reference(written)) add_beside(written, item, path);
  }

  void add_methods(const Spot& item, const std::string& path) {
    for (const std::string_view method : methods) {
      if (const Spot spot = item.at(method)) add(item, spot, upper(method), path);
    }
    for (const auto& [key, value] : item.value->map()) tell_unknown(item, key.text());
  }

  /// From 3.1 methods may stand beside a path's reference. What is said for all methods would have to be said for those
  /// behind the reference, too.
  void add_beside(const Spot& written, const Spot& item, const std::string& path) {
    for (const auto& [key, value] : written.value->map()) {
      const std::string& word = key.text();
      if (is_method(word) && !item.at(word)) add(written, written.at(word), upper(word), path);
      if (word == "parameters" || word == "servers" || (is_method(word) && item.at(word)))
        documents_.tell(Severity::warning, "beside-reference", written.at(word),
                        "what stands beside the $ref of a path is not carried over to what it leads to: " + word);
      tell_unknown(written, word);
    }
  }

  void tell_unknown(const Spot& item, const std::string& word) {
    constexpr std::string_view others[] = {"$ref", "summary", "description", "servers", "parameters"};
    if (is_method(word) || is_among(word, others) || word.starts_with("x-")) return;
    const std::string name = printable(shortened(word, 60)), small = lower(word);
    documents_.tell(Severity::error, "wrong-operation", item.at(word),
                    is_method(small)
                        ? "a method is written in small letters: " + small + ", not " + name + "; it is left out"
                        : "\"" + name + "\" is no method of OpenAPI 3.0 or 3.1, and is not carried over");
  }

  /// OpenAPI forbids two paths that differ in the names of their parameters alone: no request could tell them apart.
  void tell_same(const Spot& written, const std::string& path) {
    const auto [before, added] = paths_.emplace(request_key("", path), path);
    if (!added)
      documents_.tell(
          Severity::error, "wrong-path", written,
          "the path is the same as " + printable(shortened(before->second, 200)) + ": requests cannot tell them apart");
  }

  void add(const Spot& item, const Spot& spot, std::string method, const std::string& path) {
    if (!spot.is_map())
      return documents_.tell(Severity::error, "wrong-operation", spot, "expected what the operation takes and gives");
    ++import_.operations;
    Operation operation = {std::move(method), path, spot, item, shown_, "", false, false};
    const std::string why = reason_to_leave_out(operation);
    if (!why.empty()) {
      import_.left_out.push_back({printable(shortened(words_for(operation), longest_path)), why});
      return;
    }
    if (const Spot callbacks = spot.at("callbacks")) tell_calls(documents_, callbacks);
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
      if (server_address(servers.item(0)) == server_address(documents_.root().at("servers").item(0))) return "";
      return "it goes to a server of its own, and a connection has one address";
    }
    return "";
  }

  Documents& documents_;
  Spot shown_;
  Import& import_;
  std::set<std::string> parents_;
  std::map<std::string, std::string> paths_;  ///< by request_key, as they were met first
  std::vector<Operation> operations_;
};

}  // namespace

bool is_method(std::string_view word) { return is_among(word, methods); }

std::vector<Operation> find_operations(Documents& documents, const Spot& shown, Import& import) {
  if (const Spot webhooks = documents.root().at("webhooks")) tell_calls(documents, webhooks);
  const Spot paths = documents.root().at("paths");
  if (paths.is_map()) return OperationFinder(documents, shown, import).find(paths);
  const Severity severity = paths ? Severity::error : Severity::warning;
  documents.tell(severity, "no-paths", paths ? paths : documents.root(),
                 "the document has no paths, so there is nothing to do");
  return {};
}

}  // namespace millrace
