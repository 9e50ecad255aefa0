#include "api/catalog_json.hpp"

#include <string>
#include <utility>

#include "api/routes.hpp"
#include "value/or_null.hpp"

namespace millrace {

Value encode_entry(const Action& action) {
  return Value::object({{"name", action.name},
                        {"plugin", action.plugin},
                        {"kind", "action"},
                        {"effect", name_of(action.effect)},
                        {"scope", text_or_null(action.scope)},
                        {"method", action.request ? Value(action.request->method) : Value()},
                        {"path", action.request ? Value(action.request->path) : Value()},
                        {"summary", action.summary}});
}

Value encode_entry(const Trigger& trigger) {
  return Value::object({{"name", trigger.name},
                        {"plugin", trigger.plugin},
                        {"kind", "trigger"},
                        {"effect", Value()},
                        {"scope", text_or_null(trigger.scope)},
                        {"method", trigger.kind == "webhook" ? Value("WEBHOOK") : Value()},
                        {"path", text_or_null(trigger.delivery)},
                        {"summary", trigger.summary}});
}

Value encode_catalog(const Catalog& catalog) {
  Value::List entries;
  for (const std::string& name : catalog.trigger_names()) entries.push_back(encode_entry(*catalog.find_trigger(name)));
  for (const std::string& name : catalog.action_names()) entries.push_back(encode_entry(*catalog.find_action(name)));
  return Value::object({{"entries", Value(std::move(entries))}});
}

Value encode_routes() {
  Value::List list;
  for (const Route& route : all_routes()) {
    const RouteWords& words = route.words;
    list.push_back(Value::object({{"method", route.method},
                                  {"path", route.pattern},
                                  {"opened_by", name_of(route.access)},
                                  {"does", words.does},
                                  {"query", text_or_null(words.query)},
                                  {"body", text_or_null(words.body)},
                                  {"status", words.status},
                                  {"answers", words.answers},
                                  {"refuses", text_or_null(words.refuses)}}));
  }
  return Value::object({{"routes", Value(std::move(list))}});
}

}  // namespace millrace
