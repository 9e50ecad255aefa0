#include <algorithm>
#include <cassert>
#include <fstream>
#include <system_error>

#include "base/text.hpp"
#include "catalog/arguments.hpp"
#include "catalog/catalog.hpp"
#include "catalog/decode_inverse.hpp"
#include "catalog/inverse.hpp"
#include "catalog/json_place.hpp"
#include "catalog/manifest_checks.hpp"
#include "catalog/pages.hpp"
#include "catalog/shared_definitions.hpp"
#include "crypto/digest.hpp"
#include "schema/embedded.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"

namespace millrace {
namespace {

Names names_of(const Value* object) {
  Names names;
  if (object == nullptr) return names;
  for (const auto& [key, value] : object->map()) names.emplace_back(key.text(), value.text());
  return names;
}

/// Whether the word stands anywhere in the document, as a key or as a value.
bool mentions(const Value& document, std::string_view word) {
  if (document.is_text()) return document.text() == word;
  const auto mentioned = [word](const Value& value) { return mentions(value, word); };
  if (document.is_list()) return std::any_of(document.list().begin(), document.list().end(), mentioned);
  if (!document.is_map()) return false;
  return std::any_of(document.map().begin(), document.map().end(),
                     [&](const Map::Entry& member) { return mentioned(member.first) || mentioned(member.second); });
}

bool is_true(const Value& object, std::string_view name) {
  const Value* flag = object.find(name);
  return flag != nullptr && flag->is_true();
}

/// Turns a document that has the right shape into a manifest, and notes what cannot be read in it.
class Decoder {
 public:
  Decoder(const Value& document, Manifest manifest)
      : document_(document), definitions_(document.find("definitions")), manifest_(std::move(manifest)) {}

  Manifest decode();
  std::vector<ManifestProblem> problems;

 private:
  ConnectionKind decode_connection(const Value& connection);
  RequestMapping decode_request(const Value& request, const std::string& here);
  static Resource decode_resource(const Value& resource);
  static SafetyDefaults decode_safety(const Value& safety);
  std::optional<Probe> decode_probe(const Value& action, const std::string& here);
  Action decode_action(const std::string& name, const Value& action);
  Trigger decode_trigger(const std::string& name, const Value& trigger);
  std::vector<Example> decode_examples(const Value& capability);
  std::shared_ptr<const Schema> decode_schema(Value document, const std::string& pointer);
  std::optional<Expression> decode_expression(const Value& capability, const char* key, const std::string& here);
  /// An action of this plugin by its full name; nothing stays nothing.
  std::string own(const std::string& name) const { return name.empty() ? name : manifest_.name + "." + name; }

  const Value& document_;
  SharedDefinitions definitions_;
  Manifest manifest_;
};

ConnectionKind Decoder::decode_connection(const Value& connection) {
  ConnectionKind kind;
  kind.auth = connection.text_or("auth", "none");
  kind.headers = names_of(connection.find("headers"));
  kind.refused_hosts = names_of(connection.find("refused_hosts"));
  kind.locations = is_true(connection, "locations");
  kind.refused_if = decode_expression(connection, "refused_if", "/connection");
  if (const Value* limits = connection.find("limits")) {
    kind.limit_remaining = limits->text_or("remaining");
    kind.limit_interval_ms = limits->text_or("interval_ms");
    kind.limit_daily_remaining = limits->text_or("daily_remaining");
    kind.limit_max = limits->text_or("max");
    kind.limit_daily_max = limits->text_or("daily_max");
    kind.limit_daily_reset_ms = limits->text_or("daily_reset_ms");
    kind.limits = request_limits_in(*limits);
  }
  if (const Value* oauth = connection.find("oauth2")) {
    kind.oauth.authorize_url = oauth->text_or("authorize_url");
    kind.oauth.token_url = oauth->text_or("token_url");
    kind.oauth.location_token_url = oauth->text_or("location_token_url");
    kind.oauth.user_type = oauth->text_or("user_type");
    if (const Value* pkce = oauth->find("pkce")) kind.oauth.pkce = pkce->is_true();
    kind.oauth.company_scopes = texts_of(oauth->find("company_scopes"));
  }
  return kind;
}

RequestMapping Decoder::decode_request(const Value& request, const std::string& here) {
  RequestMapping mapping;
  mapping.method = request.text_or("method");
  mapping.path = request.text_or("path");
  mapping.query = names_of(request.find("query"));
  if (const Value* body = request.find("body")) mapping.body = *body;
  mapping.body_input = request.text_or("body_input");
  mapping.body_result = decode_expression(request, "body_result", here);
  mapping.signed_if = decode_expression(request, "signed_if", here);
  mapping.form = request.text_or("body_format") == "form";
  mapping.json = request.text_or("body_format") == "json";
  mapping.styles = names_of(request.find("styles"));
  mapping.multipart = request.text_or("body_format") == "multipart";
  mapping.part_types = names_of(request.find("part_types"));
  mapping.body_names_input = request.text_or("body_names_input");
  mapping.headers = names_of(request.find("headers"));
  mapping.headers_input = request.text_or("headers_input");
  mapping.query_input = request.text_or("query_input");
  mapping.url_input = request.text_or("url_input");
  mapping.idempotency_header = request.text_or("idempotency_header");
  mapping.whole_response = is_true(request, "whole_response");
  mapping.accept_input = request.text_or("accept_input");
  mapping.save_input = request.text_or("save_input");
  mapping.refused_if = decode_expression(request, "refused_if", here);
  mapping.cookies = names_of(request.find("cookies"));
  if (const Value* pages = request.find("pages")) mapping.pages = decode_pages(*pages, deeper(here, "pages"), problems);
  return mapping;
}

Resource Decoder::decode_resource(const Value& resource) {
  return {.kind = resource.text_or("kind"),
          .collection = resource.text_or("collection"),
          .id = resource.text_or("id", "id"),
          .id_input = resource.text_or("id_input"),
          .list_path = resource.text_or("list_path"),
          .echo = resource.text_or("echo"),
          .fields = names_of(resource.find("fields")),
          .replaces = is_true(resource, "replaces")};
}

SafetyDefaults Decoder::decode_safety(const Value& safety) {
  SafetyDefaults defaults;
  defaults.counts = safety.text_or("counts");
  if (const Value* changes = safety.find("max_changes")) defaults.max_changes = changes->integer();
  if (const Value* percent = safety.find("max_percent")) {
    defaults.max_percent = percent->is(Kind::integer) ? static_cast<double>(percent->integer()) : percent->number();
  }
  return defaults;
}

std::shared_ptr<const Schema> Decoder::decode_schema(Value document, const std::string& pointer) {
  auto schema = definitions_.parse(std::move(document));
  if (schema) return *schema;
  problems.push_back({.pointer = pointer, .message = schema.error().message});
  return *Schema::parse(Value(Map()));
}

std::optional<Expression> Decoder::decode_expression(const Value& capability, const char* key,
                                                     const std::string& here) {
  const Value* text = capability.find(key);
  return text == nullptr ? std::nullopt : parse_expression(text->text(), deeper(here, key), problems);
}

std::vector<Example> Decoder::decode_examples(const Value& capability) {
  std::vector<Example> examples;
  const Value* listed = capability.find("examples");
  if (listed == nullptr) return examples;
  for (const Value& example : listed->list()) {
    const Value* input = example.find("input");
    const Value* output = example.find("output");
    examples.push_back({.summary = example.text_or("summary"),
                        .input = input != nullptr ? *input : Value(),
                        .output = output != nullptr ? *output : Value()});
  }
  return examples;
}

/// "{id}" in a pattern is short for the input that holds the thing's id.
std::string with_id_named(std::string pattern, const std::string& id_input) {
  if (id_input.empty()) return pattern;
  const std::size_t at = pattern.find("{id}");
  if (at != std::string::npos) pattern.replace(at, 4, "{" + id_input + "}");
  return pattern;
}

std::optional<Probe> Decoder::decode_probe(const Value& action, const std::string& here) {
  const Value* written = action.find("probe");
  if (written == nullptr) return std::nullopt;
  Probe probe;
  probe.action = own(written->is_text() ? written->text() : written->text_or("action"));
  if (written->is_text()) return probe;
  probe.with = names_of(written->find("with"));
  probe.find = decode_expression(*written, "find", deeper(here, "probe"));
  if (const Value* refusals = written->find("refusals")) {
    for (const Value& status : refusals->list()) probe.refusals.push_back(static_cast<int>(status.integer()));
  }
  return probe;
}

Action Decoder::decode_action(const std::string& name, const Value& written) {
  const std::string here = deeper("/actions", name);
  Action action;
  action.name = own(name);
  action.plugin = manifest_.name;
  action.summary = written.text_or("summary");
  action.effect = parse_effect(written.text_or("effect")).value_or(Effect::update);
  action.effect_input = written.text_or("effect_input");
  action.effect_follows_method = is_true(written, "effect_follows_method");
  action.scope = written.text_or("scope");
  if (const Value* request = written.find("request"))
    action.request = decode_request(*request, deeper(here, "request"));
  if (const Value* resource = written.find("resource")) action.resource = decode_resource(*resource);
  const std::string id_input = action.resource ? action.resource->id_input : "";
  action.target = with_id_named(written.text_or("target"), id_input);
  action.change = with_id_named(written.text_or("change"), id_input);
  const bool located = manifest_.connection && manifest_.connection->locations;
  action.input = decode_schema(grown_input(written, located), here + "/input");
  const Value* output = written.find("output");
  action.output = decode_schema(output != nullptr ? *output : Value(Map()), here + "/output");
  if (action.input != nullptr) {
    action.located = action.inputs().property("location_id").known();
    action.columns = has_columns(action.inputs());
    action.takes_times =
        mentions(action.input->document(), "date-time") || mentions(action.input->document(), "duration");
    action.takes_secrets = mentions(action.input->document(), "x-secret");
  }
  action.gives_times = action.output != nullptr && mentions(action.output->document(), "date-time");
  action.gives_secrets = action.output != nullptr && mentions(action.output->document(), "x-secret");
  action.result = decode_expression(written, "result", here);
  action.reads_file = is_true(written, "reads_file");
  const std::string repeat = written.text_or("repeat");
  if (repeat == "keyed") action.repeat = Repeat::keyed;
  if (repeat == "idempotent") action.repeat = Repeat::idempotent;
  action.probe = decode_probe(written, here);
  if (const Value* inverse = written.find("inverse"))
    action.inverse = decode_inverse(*inverse, manifest_.name, deeper(here, "inverse"), problems);
  if (const Value* calls = written.find("calls")) {
    for (const Value& call : calls->list()) {
      const std::string& called = call.text();
      const bool optional = called.ends_with('?');
      (optional ? action.optional_calls : action.calls).push_back(called.substr(0, called.size() - (optional ? 1 : 0)));
    }
  }
  const bool below_base_url = action.request && action.request->url_input.empty();
  action.connection = written.find("connection") != nullptr ? is_true(written, "connection")
                                                            : below_base_url && manifest_.connection.has_value();
  const bool judged = action.connection && manifest_.connection && action.request && !action.request->whole_response;
  if (judged) action.request->refused_in_general = manifest_.connection->refused_if;
  action.caution = written.text_or("caution");
  action.refused_hosts = names_of(written.find("refused_hosts"));
  if (const Value* safety = written.find("safety")) action.safety = decode_safety(*safety);
  action.examples = decode_examples(written);
  return action;
}

Trigger Decoder::decode_trigger(const std::string& name, const Value& written) {
  const std::string here = deeper("/triggers", name);
  Trigger trigger;
  trigger.name = manifest_.name + "." + name;
  trigger.plugin = manifest_.name;
  trigger.summary = written.text_or("summary");
  trigger.kind = written.text_or("kind");
  trigger.scope = written.text_or("scope");
  trigger.delivery = written.text_or("delivery");
  const Value* with = written.find("with");
  const Value nothing = Value::object({{"type", "object"}, {"additionalProperties", false}});
  trigger.with = decode_schema(with != nullptr ? *with : nothing, here + "/with");
  const Value* event = written.find("event");
  trigger.event = decode_schema(event != nullptr ? *event : Value(Map()), here + "/event");
  trigger.accepts = decode_expression(written, "accepts", here);
  trigger.map = decode_expression(written, "map", here);
  trigger.id = decode_expression(written, "id", here);
  if (const Value* calls = written.find("calls")) {
    for (const Value& call : calls->list()) trigger.calls.push_back(call.text());
  }
  trigger.examples = decode_examples(written);
  return trigger;
}

Manifest Decoder::decode() {
  manifest_.name = document_.text_or("name");
  manifest_.version = document_.text_or("version");
  manifest_.summary = document_.text_or("summary");
  manifest_.library = is_true(document_, "library");
  manifest_.hosts = texts_of(document_.find("hosts"));
  manifest_.files = texts_of(document_.find("files"));
  if (const Value* limits = document_.find("limits")) {
    if (const Value* memory = limits->find("memory_mib")) manifest_.memory_mib = memory->integer();
  }
  if (const Value* imported = document_.find("imported")) manifest_.imported_from = imported->text_or("from");
  if (const Error* wrong = definitions_.problem())
    problems.push_back({.pointer = "/definitions", .message = wrong->message});
  if (const Value* connection = document_.find("connection")) manifest_.connection = decode_connection(*connection);
  if (const Value* actions = document_.find("actions")) {
    manifest_.actions.reserve(actions->map().size());
    for (const auto& [name, action] : actions->map()) manifest_.actions.push_back(decode_action(name.text(), action));
  }
  if (const Value* triggers = document_.find("triggers")) {
    for (const auto& [name, trigger] : triggers->map())
      manifest_.triggers.push_back(decode_trigger(name.text(), trigger));
  }
  return std::move(manifest_);
}

std::filesystem::path manifest_file(const std::filesystem::path& folder) {
  return folder / (folder.filename().string() + ".json");
}

Result<std::string> read_manifest(const std::filesystem::path& file) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  if (failed) {
    return Error{ErrorCode::not_found,
                 "there is no " + file.string() + ": a plugin's manifest is named like its folder"};
  }
  if (size > largest_manifest) return Error{ErrorCode::invalid, file.string() + " is larger than 32 MiB"};
  std::ifstream stream(file, std::ios::binary);
  std::string text(size, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(size));
  if (!stream) return Error{ErrorCode::denied, file.string() + " cannot be read"};
  return text;
}

const Schema& manifest_schema() {
  static const std::shared_ptr<const Schema> schema = [] {
    auto document = parse_json(embedded_schema("manifest.schema.json"));
    assert(document);
    auto parsed = Schema::parse(std::move(*document));
    assert(parsed);
    return *parsed;
  }();
  return *schema;
}

std::vector<ManifestProblem> check_shape(const Value& document) {
  std::vector<ManifestProblem> problems;
  for (const ShapeProblem& problem : manifest_schema().check(document)) {
    const std::string pointer = problem.at_key ? deeper(problem.pointer, problem.key) : problem.pointer;
    problems.push_back({.pointer = pointer, .message = problem.message, .at_key = problem.at_key});
  }
  return problems;
}

/// The first problem speaks for all: whoever mends a manifest asks again anyway.
Error placed(const std::vector<ManifestProblem>& problems, std::string name, std::string text) {
  const ManifestProblem& first = problems.front();
  auto source = std::make_shared<const SourceText>(SourceText{std::move(name), std::move(text)});
  std::string message = first.message;
  if (problems.size() > 1) message += ", and " + counted(problems.size() - 1, "more problem");
  return {.code = ErrorCode::invalid, .message = message, .at = locate(std::move(source), first.pointer, first.at_key)};
}

/// `known` is what is known of the plugin before its document is read; `beside`: the manifest of which this is a
/// further file.
Result<Manifest> read(std::string text, const std::filesystem::path& file, Manifest known, const Manifest* beside) {
  auto document = parse_json(text);
  if (!document) return document.error().within(file.string());

  auto problems = check_shape(*document);
  if (!problems.empty()) return placed(problems, file.string(), std::move(text));
  Decoder decoder(*document, std::move(known));
  Manifest manifest = decoder.decode();
  problems = std::move(decoder.problems);
  complete_inverses(manifest, beside);
  if (problems.empty()) problems = check_manifest(manifest, beside);
  if (!problems.empty()) return placed(problems, file.string(), std::move(text));
  manifest.text = std::move(text);
  return manifest;
}

}  // namespace

std::string Manifest::fingerprint() const { return millrace::fingerprint(text); }

Result<Manifest> load_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path normal = (folder / "").lexically_normal().parent_path();
  return parse_manifest(TRY(read_manifest(manifest_file(normal))), normal);
}

Result<Manifest> parse_manifest(std::string text, const std::filesystem::path& folder) {
  Manifest known;
  known.folder = folder;
  return read(std::move(text), manifest_file(folder), std::move(known), nullptr);
}

Result<Manifest> load_further(const std::filesystem::path& file, const Manifest& plugin) {
  Manifest known;
  known.folder = plugin.folder;
  known.connection = plugin.connection;
  return read(TRY(read_manifest(file)), file, std::move(known), &plugin);
}

}  // namespace millrace
