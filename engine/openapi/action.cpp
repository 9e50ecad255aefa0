#include "openapi/action.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "catalog/pages.hpp"
#include "openapi/answer.hpp"
#include "openapi/body.hpp"
#include "openapi/inputs.hpp"
#include "openapi/pages.hpp"
#include "openapi/parameters.hpp"
#include "openapi/schema_writer.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_summary = 160;  // in bytes

/// One sentence: the document's own, else the beginning of what it describes, else the operation itself.
std::string summary_of(const Operation& operation) {
  std::string summary = plain_words(operation.spot.text("summary"), longest_summary);
  if (summary.empty()) {
    const std::string description = operation.spot.text("description");
    summary = plain_words(description.substr(0, description.find_first_of("\n")), longest_summary);
  }
  if (summary.empty()) summary = plain_words(words_for(operation), longest_summary);
  return operation.spot.is_true("deprecated") ? summary + " (deprecated)" : summary;
}

/// By the method, which is what HTTP says that it does; a POST that does not create changes something.
std::string effect_of(const Operation& operation, const Said& said) {
  if (!said.effect.empty()) return said.effect;
  const std::string& method = operation.method;
  if (method == "GET" || method == "HEAD") return "read";
  if (method == "DELETE") return "delete";
  return method == "POST" && operation.name.ends_with(".create") ? "create" : "update";
}

/// The scopes that the first way in asks for.
std::string scope_of(Documents& documents, const Operation& operation) {
  const Spot own = operation.spot.at("security");
  const Spot ways = own ? own : documents.root().at("security");
  const Spot first = ways.item(0);
  std::vector<std::string> scopes;
  if (first.is_map()) {
    for (const auto& [scheme, names] : first.value->map()) {
      if (!names.is_list()) continue;
      for (const Value& name : names.list()) {
        if (name.is_text() && !name.text().empty()) scopes.push_back(plain_words(name.text(), longest_summary));
      }
    }
  }
  return join(scopes, " ");
}

std::vector<std::string> inputs_in(const std::string& path) {
  std::vector<std::string> names;
  for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1))
    names.push_back(path.substr(open + 1, path.find('}', open) - open - 1));
  return names;
}

/// The input by which people would know the thing, where a path does not name it.
std::string telling_input(const Map& request) {
  const Value* body = request.find("body");
  for (const std::string_view name : {"name", "title", "email", "subject"}) {
    const Value* input = body != nullptr ? body->find(name) : nullptr;
    if (input != nullptr && input->is_text()) return input->text();
  }
  return "";
}

void set_sentences(const Operation& operation, Map& action, const Map& request) {
  const std::size_t dot = operation.name.rfind('.');
  const std::string noun = operation.name.substr(0, dot),
                    verb = operation.name.substr(std::min(dot, operation.name.size() - 1) + 1);
  std::vector<std::string> places;
  for (const std::string& name : inputs_in(request.find("path")->text())) places.push_back("{" + name + "}");
  std::string words = verb + " " + noun;
  std::replace(words.begin(), words.end(), '_', ' ');
  const std::string telling = telling_input(request);
  if (!places.empty()) words += " " + join(places, "/");
  if (!telling.empty() && operation.method == "POST") words += " {" + telling + "}";
  action.set("target", places.empty() ? noun : noun + ":" + join(places, "/"));
  action.set("change", words);
}

void add_pages(Documents& documents, const Listing& listing, const Said& said, Map& request) {
  auto pages = find_pages(documents, listing, said);
  if (!pages) return;
  if (listing.input.find("properties")->find(all_pages_input) != nullptr) {
    documents.tell(Severity::hint, "unread-pages", listing.operation.spot,
                   "its own parameter all_pages leaves no name for ours");
    return;
  }
  request.set("pages", std::move(*pages));
}

}  // namespace

Result<Map> write_action(Documents& documents, SchemaBook& book, const Operation& operation, const Said& said) {
  ActionInputs inputs;
  Map request, action;
  request.set("method", operation.method);
  TRY(ParameterWriter(documents, book, operation, inputs).write(request));
  TRY(BodyWriter(documents, book, operation, inputs).write(request));
  const Answers answers = find_answers(documents, operation);
  Value output = write_answer(book, answers, request);
  const std::string effect = effect_of(operation, said), scope = scope_of(documents, operation);
  const Value input = inputs.schema();
  if (effect == "read" && answers.schemas.size() == 1)
    add_pages(documents, {operation, answers.schemas.front(), answers.link, request, input}, said, request);
  action.set("summary", summary_of(operation));
  action.set("effect", effect);
  if (!scope.empty()) action.set("scope", scope);
  set_sentences(operation, action, request);
  action.set("input", input);
  if (!output.is_map()) output = Value(Map());  // true: any answer
  action.set("output", std::move(output));
  const std::string repeat = said.repeat.empty() && effect == "read" ? "idempotent" : said.repeat;
  action.set("request", std::move(request));
  if (!repeat.empty()) action.set("repeat", repeat);
  action.set("connection", true);
  return action;
}

}  // namespace millrace
