#include "openapi/parameters.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/http_token.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/url_path.hpp"
#include "openapi/body.hpp"
#include "openapi/schema_writer.hpp"

namespace millrace {

namespace {

Error cannot(std::string why) { return {ErrorCode::invalid, std::move(why)}; }

std::string shown_name(std::string_view name) { return between('"', printable(shortened(name, 80)), '"'); }

/// The media type of a parameter that has one; empty where it has a schema.
std::string media_type_in(const Spot& parameter) {
  const Spot content = parameter.at("content");
  if (parameter.at("schema") || !content.is_map() || content.value->map().empty()) return "";
  return content.value->map().begin()->first.text();
}

/// A parameter's schema, or that of its content, which is of one type.
Spot schema_in(const Spot& parameter) {
  const std::string type = media_type_in(parameter);
  return type.empty() ? parameter.at("schema") : parameter.at("content").at(type).at("schema");
}

/// The one value that a header can have, or empty.
std::string only_value(const Spot& schema) {
  const Value* constant = schema ? schema.value->find("const") : nullptr;
  const Value* choices = schema ? schema.value->find("enum") : nullptr;
  if (constant == nullptr && choices != nullptr && choices->is_list() && choices->list().size() == 1)
    constant = &choices->list().front();
  return constant != nullptr && constant->is_text() ? constant->text() : "";
}

std::string place_of_mappings(std::string_view in) {
  return in == "cookie" ? "a cookie only as JSON" : "a query only in the style deepObject";
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char one) { return one < ' ' || one == 0x7F; });
}

/// Headers that a request has from elsewhere: from its body, its answer and its connection (OpenAPI says so of three).
bool comes_from_elsewhere(std::string_view name) {
  constexpr std::string_view names[] = {"accept",       "authorization", "connection", "content-length",
                                        "content-type", "host",          "te",         "transfer-encoding"};
  return std::find(std::begin(names), std::end(names), lower(name)) != std::end(names);
}

}  // namespace

std::string way_of_style(const Spot& said) {
  const std::string style = said.text("style");
  if (style == "deepObject") return "deep";
  if (said.is_true("explode")) return "";
  if (style == "pipeDelimited") return "pipe";
  return style == "spaceDelimited" ? "space" : "";
}

void ParameterWriter::collect(const Spot& list) {
  if (!list) return;
  if (!list.is_list()) {
    documents_.tell(Severity::error, "wrong-parameter", list, "expected a list of parameters");
    return;
  }
  std::set<std::string> here;
  for (std::size_t at = 0; at < list.value->list().size(); ++at) {
    const Spot spot = documents_.follow(list.item(at));
    if (!spot) continue;  // was told
    Parameter parameter = {spot, spot.text("name"), spot.text("in"), spot.is_true("required")};
    if (!check(parameter)) continue;
    const std::string key = parameter.in + " " + parameter.name;
    if (!here.insert(key).second)
      documents_.tell(Severity::error, "wrong-parameter", list.item(at),
                      "the parameter " + shown_name(parameter.name) + " in " + parameter.in +
                          " stands twice in one list: the last one counts");
    if (parameters_.insert_or_assign(key, std::move(parameter)).second) order_.push_back(key);
  }
}

/// Whether it can be read at all; what else is wrong is told.
bool ParameterWriter::check(const Parameter& parameter) {
  const auto tell = [&](std::string what) {
    documents_.tell(Severity::error, "wrong-parameter", parameter.spot, std::move(what));
  };
  using Styles = std::vector<std::string_view>;
  const std::map<std::string_view, Styles> places = {
      {"path", {"simple", "label", "matrix"}},
      {"query", {"form", "spaceDelimited", "pipeDelimited", "deepObject"}},
      {"header", {"simple"}},
      {"cookie", {"form"}}};
  const auto place = places.find(parameter.in);
  if (parameter.name.empty() || place == places.end()) {
    tell(parameter.name.empty() ? "the parameter has no name"
                                : "the parameter is in none of path, query, header and cookie");
    return false;
  }
  const Spot schema = parameter.spot.at("schema"), content = parameter.spot.at("content");
  if (!schema && !content) tell("the parameter has no \"schema\": every value is taken");
  if (schema && content) tell("a parameter has a \"schema\" or \"content\", not both: the schema is taken");
  for (const std::string_view flag : {"required", "explode", "allowReserved"}) {
    const Spot said = parameter.spot.at(flag);
    if (said && !said.value->is(Kind::boolean)) tell("\"" + std::string(flag) + "\" is true or false, without quotes");
  }
  const std::string style = parameter.spot.text("style");
  if (!style.empty() && std::find(place->second.begin(), place->second.end(), style) == place->second.end())
    tell("in " + parameter.in + " there is no style " + shown_name(style) + ": the usual one is taken");
  return true;
}

Status ParameterWriter::write(Map& request) {
  collect(operation_.item.at("parameters"));
  collect(operation_.spot.at("parameters"));
  for (const std::string_view in : {"path ", "query ", "header ", "cookie "}) {
    for (const std::string& key : order_) {
      if (key.starts_with(in)) TRY(add(parameters_.at(key)));
    }
  }
  request.set("path", TRY(written_path()));
  if (!query_.empty()) request.set("query", std::move(query_));
  if (!styles_.empty()) request.set("styles", std::move(styles_));
  if (!headers_.empty()) request.set("headers", std::move(headers_));
  if (!cookies_.empty()) request.set("cookies", std::move(cookies_));
  if (header_schemas_.empty()) return Done{};
  const bool needed = !required_headers_.empty();
  Map schema;
  schema.set("type", "object");
  schema.set("description", "Headers of the request");
  schema.set("properties", std::move(header_schemas_));
  if (needed) schema.set("required", std::move(required_headers_));
  schema.set("additionalProperties", false);
  request.set("headers_input", inputs_.add("headers", "request", std::move(schema), needed));
  return Done{};
}

Status ParameterWriter::add(const Parameter& parameter) {
  if (is_shown(parameter)) return Done{};
  if (parameter.in == "path") return add_path(parameter);
  if (parameter.in == "query") return add_query(parameter);
  if (parameter.in == "header") return add_header(parameter);
  return add_cookie(parameter);
}

/// Whether the connection shows it, so that nobody is asked for it.
bool ParameterWriter::is_shown(const Parameter& parameter) const {
  const Spot& scheme = operation_.shown;
  if (scheme.text("type") != "apiKey" || scheme.text("in") != parameter.in) return false;
  const std::string name = scheme.text("name");
  return parameter.in == "header" ? lower(name) == lower(parameter.name) : name == parameter.name;
}

/// Without one that is not needed the operation can be used all the same.
Status ParameterWriter::leave_out(const Parameter& parameter, const std::string& why) {
  const std::string what = "the parameter " + shown_name(parameter.name) + " in " + parameter.in;
  if (parameter.required) return cannot(what + " is needed, and " + why);
  documents_.tell(Severity::warning, "left-out-parameter", parameter.spot, what + " is left out: " + why);
  return Done{};
}

Value ParameterWriter::schema_of(const Parameter& parameter) {
  const Value written = book_.write(schema_in(parameter.spot));
  const std::string description = parameter.spot.text("description");
  if (description.empty() || !written.is_map()) return written;
  Map schema = written.map();
  if (schema.find("$ref") != nullptr) schema = Value::object({{"allOf", Value::List{written}}}).map();
  schema.set("description", plain_words(description, 240));
  return schema;
}

Status ParameterWriter::add_path(const Parameter& parameter) {
  if (operation_.path.find("{" + parameter.name + "}") == std::string::npos) {
    documents_.tell(Severity::error, "unused-parameter", parameter.spot,
                    "the path " + printable(operation_.path) + " has no {" + printable(parameter.name) + "}");
    return Done{};
  }
  const std::string style = parameter.spot.text("style");
  if (style == "label" || style == "matrix")
    return cannot("a manifest has no word for a path in the style " + shown_name(style));
  Value written = as_one_text(parameter) ? Value::object({{"type", "string"}, {"minLength", 1}}) : schema_of(parameter);
  in_path_[parameter.name] = inputs_.add(parameter.name, "path", std::move(written), true);
  return Done{};
}

/// In a path and in a header what holds more is written by whoever gives it, which is told.
bool ParameterWriter::as_one_text(const Parameter& parameter) {
  const Types types = types_of(documents_, schema_in(parameter.spot));
  const bool json = is_json_type(media_type_in(parameter.spot));
  const bool in_quotes = json && (!types.known() || types.hold("string"));
  if (!types.hold("array") && !types.hold("object") && !in_quotes) return false;
  documents_.tell(Severity::hint, "list-as-text", parameter.spot,
                  json ? "the value is one text here, in JSON" : "the list is one text here, with commas in it");
  return true;
}

/// How a parameter of the query is written: the manifest's word, or nothing for the usual way.
std::string ParameterWriter::way_of(const Parameter& parameter, const Types& types) const {
  const std::string media_type = media_type_in(parameter.spot);
  if (!media_type.empty()) return is_json_type(media_type) ? "json" : "";
  const std::string way = way_of_style(parameter.spot);
  const Value* explode = parameter.spot.value->find("explode");
  const bool one_pair = explode != nullptr && explode->is(Kind::boolean) && !explode->boolean();
  return way.empty() && one_pair && types.hold("array") ? "comma" : way;
}

/// Why a value cannot be pairs of a query or a cookie, where it goes there neither as JSON nor in a style for mappings.
std::string ParameterWriter::why_unwritable(const Parameter& parameter, const Types& types) const {
  if (types.are_only("object")) return "a manifest writes mappings into " + place_of_mappings(parameter.in);
  const Types items = types_of(documents_, items_of(documents_, schema_in(parameter.spot)));
  const bool of_more = types.are_only("array") && (items.are_only("object") || items.are_only("array"));
  return of_more ? "a manifest writes lists of more than texts and numbers into a " + parameter.in + " only as JSON"
                 : "";
}

Status ParameterWriter::add_query(const Parameter& parameter) {
  const Types types = types_of(documents_, schema_in(parameter.spot));
  const std::string way = way_of(parameter, types);
  const bool holds_all = way == "deep" || way == "json";
  const std::string why = holds_all ? "" : why_unwritable(parameter, types);
  if (!why.empty()) return leave_out(parameter, why);
  if (parameter.spot.is_true("allowReserved"))
    documents_.tell(Severity::hint, "left-out-encoding", parameter.spot,
                    "letters such as / and : are percent-encoded here, too: allowReserved does not count");
  Value written = schema_of(parameter);
  if (types.hold("object") && !holds_all) written = without_mappings(parameter, types, written);
  if (!way.empty()) styles_.set(Value(parameter.name), way);
  query_.set(Value(parameter.name), inputs_.add(parameter.name, "query", std::move(written), parameter.required));
  return Done{};
}

/// Of what may be a mapping or something else, the mappings are left out.
Value ParameterWriter::without_mappings(const Parameter& parameter, const Types& types, const Value& schema) {
  documents_.tell(Severity::warning, "left-out-parameter", parameter.spot,
                  "mappings are left out of the parameter " + shown_name(parameter.name) +
                      ": a manifest writes them into " + place_of_mappings(parameter.in));
  Value::List others;
  for (const std::string& type : *types.said()) {
    if (type != "object") others.emplace_back(type);
  }
  return Value::object({{"type", std::move(others)}, {"allOf", Value::List{schema}}});
}

Status ParameterWriter::add_header(const Parameter& parameter) {
  if (comes_from_elsewhere(parameter.name)) return Done{};
  if (!is_http_token(parameter.name)) return leave_out(parameter, "that is no name of a header");
  const auto is_cookie = [](const auto& one) { return one.second.in == "cookie"; };
  if (lower(parameter.name) == "cookie" && std::any_of(parameters_.begin(), parameters_.end(), is_cookie))
    return leave_out(parameter, "cookies are inputs of their own");
  const std::string only = only_value(documents_.follow(schema_in(parameter.spot)));
  if (parameter.required && !only.empty() && is_one_line(only)) {
    headers_.set(Value(parameter.name), only);
    return Done{};
  }
  Value written = as_one_text(parameter) ? Value::object({{"type", "string"}}) : schema_of(parameter);
  header_schemas_.set(Value(parameter.name), std::move(written));
  if (parameter.required) required_headers_.emplace_back(parameter.name);
  return Done{};
}

Status ParameterWriter::add_cookie(const Parameter& parameter) {
  if (!is_http_token(parameter.name)) return leave_out(parameter, "that is no name of a cookie");
  const Types types = types_of(documents_, schema_in(parameter.spot));
  const std::string_view name = parameter.name;
  const bool json = is_json_type(media_type_in(parameter.spot));
  const std::string why = json ? "" : why_unwritable(parameter, types);
  if (!why.empty()) return leave_out(parameter, why);
  const std::string way = json ? "json" : types.hold("array") ? "comma" : "";
  const Value* other = styles_.find(name);
  const std::string others = other != nullptr ? other->text() : "";
  if (query_.find(name) != nullptr && way != others && (!way.empty() || others == "json"))
    return leave_out(parameter, "a manifest writes it in the same way as what the query calls so");
  Value written = schema_of(parameter);
  if (types.hold("object") && !json) written = without_mappings(parameter, types, written);
  if (!way.empty()) styles_.set(Value(name), way);
  cookies_.set(Value(parameter.name), inputs_.add(parameter.name, "cookie", std::move(written), parameter.required));
  return Done{};
}

/// The path with the names of inputs. A parameter that the document forgot to declare is a text.
Result<std::string> ParameterWriter::written_path() {
  const std::string& path = operation_.path;
  std::string written;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t open = std::min(path.find('{', at), path.size());
    written += as_in_an_address(path.substr(at, open - at));
    if (open == path.size()) break;
    const std::size_t close = path.find('}', open);
    if (close == std::string::npos || close == open + 1) return cannot("its path has a { without a name and a }");
    const std::string name = path.substr(open + 1, close - open - 1);
    if (in_path_.count(name) == 0) {
      documents_.tell(Severity::error, "undeclared-parameter", operation_.spot,
                      "the path's {" + printable(name) + "} is not among the parameters: it is taken for a text");
      in_path_[name] = inputs_.add(name, "path", Value::object({{"type", "string"}, {"minLength", 1}}), true);
    }
    written += "{" + in_path_[name] + "}";
    at = close + 1;
  }
  const std::string place = written.substr(0, written.find('?'));
  if (!written.starts_with('/') || written.starts_with("//")) return cannot("its path does not begin with one /");
  if (written.find('#') != std::string::npos) return cannot("its path has a #");
  if (const std::string strange = strange_in_path(place); !strange.empty()) return cannot("its path " + strange);
  return written;
}

}  // namespace millrace
