#include "openapi/answer.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "openapi/answer_members.hpp"
#include "openapi/body.hpp"

namespace millrace {

namespace {

void add_answer(Documents& documents, const Spot& response, Answers& answers) {
  const Spot followed = documents.follow(response), headers = followed.at("headers");
  if (followed && !followed.is_map())
    documents.tell(Severity::error, "no-answer", followed, "expected what the answer holds");
  if (headers.is_map()) {
    const auto is_link = [](const Map::Entry& one) { return lower(one.first.text()) == "link"; };
    answers.link = answers.link || std::any_of(headers.value->map().begin(), headers.value->map().end(), is_link);
  }
  const Spot content = followed.at("content");
  if (!content.is_map()) return;
  for (const auto& [type, media] : content.value->map()) {
    if (!is_json_type(type.text())) {
      answers.other = true;
      continue;
    }
    const Spot schema = content.at(type.text()).at("schema");
    if (answers.json_type.empty()) answers.json_type = type.text();
    const auto known = [&](const Spot& one) { return *one.value == *schema.value; };
    if (schema && std::none_of(answers.schemas.begin(), answers.schemas.end(), known))
      answers.schemas.push_back(schema);
  }
}

}  // namespace

Answers find_answers(Documents& documents, const Operation& operation) {
  Answers answers;
  const Spot responses = operation.spot.at("responses");
  if (!responses.is_map()) {
    if (responses) documents.tell(Severity::error, "no-answer", responses, "expected the answers, each by its status");
    if (!responses) documents.tell(Severity::hint, "no-answer", operation.spot, "nothing is said of the answers");
    return answers;
  }
  bool any = false;
  for (const auto& [status, response] : responses.value->map()) {
    const std::string& code = status.text();
    if (code.size() != 3 || code[0] != '2') continue;
    any = true;
    answers.created = answers.created || code == "201";
    add_answer(documents, responses.at(code), answers);
  }
  if (!any) add_answer(documents, responses.at("default"), answers);
  answers.other = answers.other && answers.json_type.empty();
  return answers;
}

Value write_answer(SchemaBook& book, const Answers& answers, Map& request) {
  if (answers.other) {
    request.set("whole_response", true);
    const Value members = Value::object({{"status", Value::object({{"type", "integer"}})},
                                         {"headers", Value::object({{"type", "object"}})},
                                         {"body", Value(Map())}});
    return Value::object({{"type", "object"}, {"properties", members}});
  }
  const bool ranged = answers.json_type.find('*') != std::string::npos;
  if (!answers.json_type.empty() && answers.json_type != "application/json" && !ranged)
    set_header(request, "Accept", answers.json_type);
  if (answers.schemas.size() == 1) return book.write(answers.schemas.front());
  Value::List forms;
  for (const Spot& schema : answers.schemas) forms.push_back(book.write(schema));
  return forms.empty() ? Value(Map()) : Value::object({{"anyOf", Value(std::move(forms))}});
}

bool is_list_answer(Documents& documents, const Answers& answers) {
  if (answers.schemas.empty()) return false;
  const Spot schema = documents.follow(answers.schemas.front());
  if (is_of_type(schema, "array")) return true;
  const Spot properties = schema.at("properties");
  if (!properties.is_map()) return false;
  std::size_t lists = 0;
  for (const auto& [name, property] : properties.value->map()) {
    if (is_of_type(documents.follow(properties.at(name.text())), "array")) ++lists;
  }
  return lists == 1;
}

}  // namespace millrace
