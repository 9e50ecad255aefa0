#include "openapi/body.hpp"

#include <algorithm>

#include "base/http_token.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "openapi/parameters.hpp"
#include "openapi/schema_writer.hpp"

namespace millrace {

namespace {

constexpr int deepest_parts = 8;
constexpr std::size_t most_members = 300;
constexpr int most_body_parts = 1000;  // parts that refer to parts are met as often as they are referred to
constexpr std::string_view form_type = "application/x-www-form-urlencoded";

std::string plain_type(std::string_view media_type) { return lower(trim(media_type.substr(0, media_type.find(';')))); }

/// Whether it is one type, and so can be sent as such.
bool is_media_type(std::string_view type) {
  const std::size_t slash = type.find('/');
  return slash != std::string_view::npos && type.find('*') == std::string_view::npos &&
         is_http_token(type.substr(0, slash)) && is_http_token(type.substr(slash + 1));
}

std::string shown_part(std::string_view text) { return between('"', printable(shortened(text, 60)), '"'); }

/// The way of a body that is taken of several: JSON, else a form, else whatever is text or bytes.
struct Media {
  std::string type;
  Spot spot;
  int rank = 0;
};

Media chosen_media(const Spot& content) {
  Media best = {"", {}, 5};
  for (const auto& [key, value] : content.value->map()) {
    const std::string type = plain_type(key.text());
    int rank = 3;
    if (is_json_type(type)) rank = type == "application/json" ? 0 : 1;
    if (type == form_type) rank = 2;
    if (type.starts_with("multipart/")) rank = 4;
    if (rank < best.rank) best = {type, content.at(key.text()), rank};
  }
  return best;
}

Value file_schema(const Spot& schema) {
  const std::string description = plain_words(schema.text("description"), 200);
  return Value::object({{"type", "string"},
                        {"format", "file"},
                        {"description", description.empty() ? "A file below the project's folder" : description}});
}

}  // namespace

bool is_json_type(std::string_view media_type) {
  const std::string type = plain_type(media_type);
  return type == "application/json" || type.ends_with("+json") || type == "*/*" || type == "application/*" ||
         type == "text/json";
}

void set_header(Map& request, std::string_view name, std::string_view value) {
  const Value* before = request.find("headers");
  Map headers = before != nullptr ? before->map() : Map();
  headers.set(Value(name), Value(value));
  request.set("headers", std::move(headers));
}

Status BodyWriter::write(Map& request) {
  const Spot body = documents_.follow(operation_.spot.at("requestBody"));
  if (!body) return Done{};
  const Spot content = body.at("content");
  const bool needed = body.is_true("required");
  if (!content.is_map() || content.value->map().empty()) {
    documents_.tell(Severity::error, "wrong-body", body, "the body says no \"content\": it is left out");
    return Done{};
  }
  const Media media = chosen_media(content);
  if (media.type.find('/') == std::string::npos)
    documents_.tell(
        Severity::error, "wrong-body", media.spot,
        shown_part(media.type) + " is no media type, such as application/json: the body is taken for a text");
  const bool asks = operation_.method == "GET" || operation_.method == "HEAD";
  std::string why;
  if (asks) why = "a " + operation_.method + " request has no body";
  const bool parts = media.type == "multipart/form-data";
  if (media.type.starts_with("multipart/") && !parts)
    why = "a manifest has no word for " + printable(shortened(media.type, 60));
  if (!why.empty()) {
    if (needed || !asks) return Error{ErrorCode::invalid, "its body is left out: " + why};
    documents_.tell(Severity::warning, "left-out-body", body, why + ": it is left out");
    return Done{};
  }
  return parts ? write_parts(media.spot, request) : write_content(media.type, media.spot, needed, request);
}

Status BodyWriter::write_parts(const Spot& media, Map& request) {
  const auto members = members_of(media.at("schema"));
  if (!members) return Error{ErrorCode::invalid, "its body is left out: its parts are no plain mapping"};
  Map body, types;
  for (const Member& member : *members) {
    body.set(Value(member.name), inputs_.add(member.name, "body", part_schema(media, member), member.required));
    const std::string type = part_type(media, member.name);
    if (!type.empty()) types.set(Value(member.name), type);
  }
  request.set("body_format", "multipart");
  request.set("body", std::move(body));
  if (!types.empty()) request.set("part_types", std::move(types));
  return Done{};
}

/// What a part, or each item of a list, is: the path of a file where the document means its content.
Value BodyWriter::part_schema(const Spot& media, const Member& member) {
  const std::string type = media.at("encoding").at(member.name).text("contentType");
  const bool list = types_of(documents_, member.schema).are_only("array");
  const Spot said = list ? items_of(documents_, member.schema) : member.schema;
  const FileContent content = file_content(documents_, said, type);
  if (content == FileContent::no) return book_.write(member.schema);
  if (content == FileContent::maybe)
    tell_encoding(member.schema, shown_part(member.name) +
                                     " is the path of a file here, whose content is sent: the document lets it be "
                                     "something else, too");
  Value file = file_schema(documents_.follow(said));
  return list ? Value::object({{"type", "array"}, {"items", std::move(file)}}) : file;
}

/// The media type that a document says for a part; of several each would do, and a part's own is as good.
std::string BodyWriter::part_type(const Spot& media, const std::string& name) {
  const Spot encoding = media.at("encoding").at(name), headers = encoding.at("headers");
  const auto is_other = [](const Map::Entry& one) { return lower(one.first.text()) != "content-type"; };
  if (headers.is_map() && std::any_of(headers.value->map().begin(), headers.value->map().end(), is_other))
    tell_encoding(headers, "headers of a part are left out: a manifest has no words for them");
  const std::string said = encoding.text("contentType"), type = plain_type(said);
  return said.find(',') == std::string::npos && is_media_type(type) ? type : "";
}

Status BodyWriter::write_content(const std::string& type, const Spot& media, bool needed, Map& request) {
  const Spot schema = media.at("schema");
  const bool form = type == form_type;
  const bool named = form || is_json_type(type);
  if (form) request.set("body_format", "form");
  if (!form && type != "application/json" && is_media_type(type)) set_header(request, "Content-Type", type);
  if (!named && file_content(documents_, schema, type) != FileContent::no)
    tell_encoding(media, "the body is a text here: files of the project go in parts alone");
  if (!named && type.find('*') != std::string::npos)
    tell_encoding(media, "the body goes as text/plain: " + shown_part(type) + " is no one type");
  const auto members = named ? members_of(schema) : std::nullopt;
  const bool any_needed =
      members && std::any_of(members->begin(), members->end(), [](const Member& one) { return one.required; });
  if (members && (needed || !any_needed)) {
    write_members(*members, request);
    if (form) write_styles(media, *members, request);
  } else {
    const Types types = types_of(documents_, schema);
    const bool as_is = types.known() && !types.hold("string") && !types.hold("null");
    if (named && !form && !as_is && is_media_type(type)) request.set("body_format", "json");
    write_whole(named ? book_.write(schema) : Value::object({{"type", "string"}}), needed, request);
  }
  return Done{};
}

void BodyWriter::write_members(const std::vector<Member>& members, Map& request) {
  Map body;
  for (const Member& member : members) {
    body.set(Value(member.name), inputs_.add(member.name, "body", book_.write(member.schema), member.required));
  }
  request.set("body", std::move(body));
}

void BodyWriter::write_whole(Value schema, bool needed, Map& request) {
  request.set("body_input", inputs_.add("body", "request", std::move(schema), needed));
}

/// OpenAPI says of each member of a form how its lists and mappings are written.
void BodyWriter::write_styles(const Spot& media, const std::vector<Member>& members, Map& request) {
  const Value* before = request.find("styles");
  Map styles = before != nullptr ? before->map() : Map();
  for (const Member& member : members) {
    const std::string way = way_of(media, member);
    const Value* other = styles.find(std::string_view(member.name));
    const auto has = [&](std::string_view place) {
      const Value* names = request.find(place);
      return names != nullptr && names->find(member.name) != nullptr;
    };
    if ((has("query") || has("cookies")) && way != (other != nullptr ? other->text() : "")) {
      tell_encoding(member.schema, shown_part(member.name) + " is written as what the query or a cookie calls so");
    } else if (!way.empty()) {
      styles.set(Value(member.name), way);
    }
  }
  if (!styles.empty()) request.set("styles", std::move(styles));
}

/// The manifest's word for how a member of a form is written, or nothing for the usual way.
std::string BodyWriter::way_of(const Spot& media, const Member& member) {
  const Spot encoding = media.at("encoding").at(member.name);
  const Types types = types_of(documents_, member.schema);
  const std::string type = encoding.text("contentType");
  std::string way = way_of_style(encoding);
  if (!way.empty()) return way;
  if (is_json_type(type)) return "json";
  const Value* explode = encoding ? encoding.value->find("explode") : nullptr;
  const bool one_pair = explode != nullptr && explode->is(Kind::boolean) && !explode->boolean();
  if (one_pair && types.hold("array")) return "comma";
  if (!type.empty() && plain_type(type) != "text/plain")
    tell_encoding(encoding, shown_part(member.name) + " is written as plain text, and not as " + shown_part(type));
  if (types.hold("object"))
    tell_encoding(member.schema, "a mapping is written as " + printable(shortened(member.name, 60)) +
                                     "[...]=..., for which a document says style: deepObject");
  return "";
}

void BodyWriter::tell_encoding(const Spot& spot, std::string message) {
  documents_.tell(Severity::hint, "left-out-encoding", spot, std::move(message));
}

std::optional<std::vector<BodyWriter::Member>> BodyWriter::members_of(const Spot& schema) {
  std::vector<Member> members;
  std::set<std::string> required, names;
  walked_ = 0;
  if (!collect(schema, 0, members, required) || members.empty() || members.size() > most_members) return std::nullopt;
  std::vector<Member> written;
  for (Member& member : members) {
    if (!names.insert(member.name).second) return std::nullopt;  // two parts say something of it
    member.required = required.count(member.name) > 0;
    if (!is_marked(documents_, member.schema, "readOnly")) written.push_back(std::move(member));
  }
  // What is needed and said nowhere can be anything.
  for (const std::string& name : required) {
    if (names.count(name) == 0) written.push_back({name, {}, true});
  }
  return written.empty() ? std::nullopt : std::optional(std::move(written));
}

/// Whether what stands beside a reference counts: in 3.1 all that does, before only what makes it no plain mapping.
bool BodyWriter::says_more(const Spot& reference) const {
  constexpr std::string_view remarks_beside[] = {"$ref",    "summary",  "description",  "title",  "deprecated",
                                                 "example", "examples", "externalDocs", "default"};
  const auto counts = [&](const Map::Entry& one) {
    const std::string& word = one.first.text();
    if (!book_.newer()) return word == "nullable";
    return std::find(std::begin(remarks_beside), std::end(remarks_beside), word) == std::end(remarks_beside) &&
           !word.starts_with("x-");
  };
  return std::any_of(reference.value->map().begin(), reference.value->map().end(), counts);
}

bool BodyWriter::collect(const Spot& schema, int depth, std::vector<Member>& members, std::set<std::string>& required) {
  const Spot here = documents_.follow(schema);
  if (!here.is_map() || depth > deepest_parts || ++walked_ > most_body_parts) return false;
  if (is_reference(schema) && says_more(schema)) return false;
  constexpr std::string_view plain[] = {
      "properties",   "required",   "allOf", "type",    "description",         "title", "example", "examples",
      "externalDocs", "deprecated", "xml",   "default", "additionalProperties"};
  for (const auto& [word, value] : here.value->map()) {
    const bool known = std::find(std::begin(plain), std::end(plain), word.text()) != std::end(plain);
    const bool empty = word.text() == "nullable" && !value.is_true();
    if (!known && !empty && !word.text().starts_with("x-")) return false;
  }
  const Spot type = here.at("type"), others = here.at("additionalProperties");
  if (type && !(*type.value == Value("object"))) return false;
  if (others && !(others.value->is(Kind::boolean) && !others.value->boolean())) return false;
  if (const Spot parts = here.at("allOf")) {
    if (!parts.is_list()) return false;
    for (std::size_t at = 0; at < parts.value->list().size(); ++at) {
      if (members.size() > most_members || !collect(parts.item(at), depth + 1, members, required)) return false;
    }
  }
  if (const Spot names = here.at("required"); names.is_list()) {
    for (const Value& name : names.value->list()) {
      if (name.is_text()) required.insert(name.text());
    }
  }
  const Spot properties = here.at("properties");
  if (!properties.is_map()) return !properties;
  for (const auto& [name, value] : properties.value->map()) {
    members.push_back({name.text(), properties.at(name.text()), false});
  }
  return true;
}

}  // namespace millrace
