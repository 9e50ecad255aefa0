#include "openapi/import.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "openapi/action.hpp"
#include "openapi/connection.hpp"
#include "openapi/names.hpp"
#include "openapi/operations.hpp"
#include "openapi/overlay.hpp"
#include "openapi/resources.hpp"
#include "openapi/schema_writer.hpp"
#include "openapi/schemas.hpp"

namespace millrace {

namespace {

constexpr std::size_t heaviest_actions = 2'000'000;  // as Value::weight counts

/// "1.4", "v3" and "2021-07-28" as a manifest has versions: three numbers.
std::string version_of(std::string_view said) {
  std::vector<std::string> numbers(1);
  for (const char letter : said.substr(0, 40)) {
    if (letter >= '0' && letter <= '9') {
      if (numbers.back().size() < 9) numbers.back() += letter;
    } else if (!numbers.back().empty()) {
      numbers.emplace_back();
    }
  }
  numbers.resize(3);
  for (std::string& number : numbers) {
    if (number.empty()) number = "0";
  }
  return join(numbers, ".");
}

class Importer {
 public:
  Importer(const ImportOrder& order, Import& import)
      : order_(order), import_(import), documents_(order.name, order.text, order.reader, import.findings) {}

  void import() {
    const Spot root = documents_.root();
    if (!root || !is_openapi(root)) return;
    const auto overlay = read_overlay(order_.overlay_name, order_.overlay, import_.findings);
    if (!overlay) return;
    import_.title = plain_words(root.at("info").text("title"), 160);
    import_.version = plain_words(documents_.letters(root.at("info").at("version")), 60);
    SchemaBook book(documents_, root.text("openapi") >= "3.1");
    const Security security = find_security(documents_);
    Map actions = write_actions(book, *overlay, security.scheme);
    Map manifest;
    manifest.set("manifest", 1);
    manifest.set("name", order_.plugin);
    manifest.set("version", version_of(import_.version));
    manifest.set("summary", import_.title.empty() ? order_.plugin : import_.title);
    Value connection = write_connection(documents_, security, order_.plugin, import_);
    manifest.set("imported", imported());
    manifest.set("connection", std::move(connection));
    if (Map definitions = book.definitions(); !definitions.empty()) manifest.set("definitions", std::move(definitions));
    manifest.set("actions", std::move(actions));
    import_.manifest = Value(std::move(manifest));
  }

 private:
  bool is_openapi(const Spot& root) {
    const std::string version = root.text("openapi");
    if (version.starts_with("3.")) return true;
    const bool older = !root.text("swagger").empty() || (root.at("swagger") && !root.at("openapi"));
    documents_.tell(Severity::error, "no-openapi", root,
                    older ? "this is a document of Swagger 2.0: convert it to OpenAPI 3 first"
                          : "this is no OpenAPI document: it does not say \"openapi\": \"3.0.3\" or 3.1");
    return false;
  }

  /// Where it comes from, and what of its connections stands in no manifest, so that the next import can compare.
  Value imported() const {
    Map imported;
    imported.set("from", imported_from());
    imported.set("version", import_.version);
    imported.set("sha256", hex(sha256(order_.text)));
    imported.set("base_url", import_.base_url);
    imported.set("auth", import_.auth);
    return imported;
  }

  std::string imported_from() const {
    const std::size_t slash = order_.name.rfind('/');
    return plain_words(order_.name.substr(slash == std::string::npos ? 0 : slash + 1), 200);
  }

  Map write_actions(SchemaBook& book, const ImportOverlay& overlay, const Spot& shown) {
    std::vector<Operation> operations = find_operations(documents_, shown, import_);
    std::map<std::string, std::string> names = order_.before;
    std::set<std::string> there;
    for (const Operation& operation : operations) {
      const auto said = overlay.find(words_for(operation));
      if (said == overlay.end()) continue;
      there.insert(said->first);
      if (!said->second.name.empty()) names[exact_request_key(operation.method, operation.path)] = said->second.name;
    }
    tell_unknown(overlay, there);
    name_operations(operations, names);
    Map actions;
    std::size_t weight = 0;
    for (const Operation& operation : operations) {
      const auto found = overlay.find(words_for(operation));
      const Said said = found != overlay.end() ? found->second : Said();
      if (!said.name.empty() && operation.name != said.name)
        tell(said, "the name " + said.name + " is taken by another operation: this one is " + operation.name);
      auto action = said.leave_out ? Error{ErrorCode::invalid, "the overlay says so"}
                                   : write_action(documents_, book, operation, said);
      if (action && weight > heaviest_actions)
        action = Error{ErrorCode::limited, "the plugin is too large already: leave others out, in an overlay"};
      if (action) {
        const Value written(std::move(*action));
        weight += written.weight();
        actions.set(Value(operation.name), written);
      } else {
        import_.left_out.push_back({plain_words(words_for(operation), 1000), action.error().message});
      }
    }
    add_resources(documents_, operations, actions);
    return actions;
  }

  void tell(const Said& said, std::string message) {
    import_.findings.add(
        {Severity::error, "wrong-overlay", order_.overlay_name, "", said.line, said.column, std::move(message)});
  }

  void tell_unknown(const ImportOverlay& overlay, const std::set<std::string>& there) {
    for (const auto& [name, said] : overlay) {
      if (there.count(name) == 0) tell(said, "the document has no operation " + plain_words(name, 200));
    }
  }

  const ImportOrder& order_;
  Import& import_;
  Documents documents_;
};

}  // namespace

Import import_openapi(const ImportOrder& order) {
  Import import;
  Importer(order, import).import();
  return import;
}

std::map<std::string, std::string> names_in(const Value& manifest) {
  std::map<std::string, std::string> names;
  const Value* actions = manifest.find("actions");
  if (actions == nullptr || !actions->is_map() || manifest.find("imported") == nullptr) return names;
  for (const auto& [name, action] : actions->map()) {
    const Value* request = action.find("request");
    if (request == nullptr) continue;
    const std::string method = request->text_or("method"), path = request->text_or("path");
    names.try_emplace(exact_request_key(method, path), name.text());
    names.try_emplace(request_key(method, path), name.text());
  }
  return names;
}

}  // namespace millrace
