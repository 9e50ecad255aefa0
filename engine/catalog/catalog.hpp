#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "catalog/request_limits.hpp"
#include "expr/expression.hpp"
#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace {

/// Names and what they stand for, in the order in which the manifest has them.
using Names = std::vector<std::pair<std::string, std::string>>;

/// What an action does to the outside. Declared per action by its plugin, never guessed from a verb; undeclared is
/// `update`.
enum class Effect : std::uint8_t { none, read, create, update, remove, send };

std::string_view name_of(Effect effect) noexcept;  ///< "delete" for remove
std::optional<Effect> parse_effect(std::string_view name) noexcept;
constexpr bool writes(Effect effect) noexcept { return effect != Effect::none && effect != Effect::read; }

/// What happens when an action is done twice.
enum class Repeat : std::uint8_t {
  neither,     ///< twice is twice
  keyed,       ///< the receiver knows the idempotency key
  idempotent,  ///< twice is once
};

struct Pages;  // catalog/pages.hpp

/// How an action becomes an HTTP request. `{name}` stands for the input of that name; `{location_id}` is always there.
struct RequestMapping {
  std::string method;  ///< "GET", or "{method}", or "MAIL": no request of HTTP, its body is a mail
  /// Below the base URL, with inputs percent-encoded: "/locations/{location_id}/tags". Empty: the base URL itself;
  /// "{path}" alone: an input that is a whole path.
  std::string path;
  Names query;             ///< the API's name -> the input's name; absent inputs are left out
  Value body;              ///< null for none; texts are input names: {"tagIds": "tag_ids"}, nested as the API wants it
  std::string body_input;  ///< instead of `body`: the input that is the whole body
  std::optional<Expression> body_result;  ///< instead: over the inputs and `now`, those that are not given being null
  std::optional<Expression> signed_if;    ///< over the inputs: where true, the connection has to sign the request
  bool form = false;                      ///< the body goes as a form, not as JSON
  bool json = false;                      ///< a body that is a text goes as JSON, too
  Names styles;                           ///< the API's name in query or form -> how its lists and mappings are written
  bool multipart = false;  ///< the body goes as multipart/form-data; inputs of format "file" are files of the project
  Names part_types;        ///< of such a body: the API's name of a part -> its media type
  std::string body_names_input;    ///< an input with other names for members of `body`: {"email": "mail_address"}
  Names headers;                   ///< the same with each request, in place of the connection's of the same name
  std::string headers_input;       ///< an input with further headers
  Names cookies;                   ///< the API's name -> the input's name; absent inputs are left out
  std::string query_input;         ///< an input with further query values
  std::string url_input;           ///< an input with an absolute URL, in place of the connection's base URL and `path`
  std::string idempotency_header;  ///< where the API takes a key: the header's name
  bool whole_response = false;     ///< the output is {status, headers, body}
  std::string accept_input;        ///< an input with statuses that are no failure: "any", one, or a list
  std::string save_input;          ///< an input with the output file that takes the body of what is read
  /// Of a far side that refuses with a status of success: over `answer` ({status, headers, body}) and `input`, why; ""
  /// where it took what was sent.
  std::optional<Expression> refused_if;
  std::optional<Expression> refused_in_general;  ///< the same of its connection, asked where its own says nothing
  std::shared_ptr<const Pages> pages;            ///< of a list that comes by pages; null for all else
};

/// How reads and writes of one kind of thing belong together, so that a plan can lay planned writes over real reads.
struct Resource {
  std::string kind;        ///< "location_tag"
  std::string collection;  ///< what groups them, with inputs: "/locations/{location_id}/tags"
  std::string id;          ///< the path of the id within one thing: "id", "_id"
  std::string id_input;    ///< the input that holds the id of the thing meant: "tag_id"; empty for lists and creates
  std::string list_path;   ///< where the list stands in the output of a list read: "tags"; empty otherwise
  std::string echo;        ///< where the thing stands in the output of a single read, create or update: "tag"
  Names fields;            ///< the thing's field -> the input that sets it
  bool replaces = false;   ///< an update makes the whole thing anew: fields that are not given are not kept
};

/// What a workflow's `safety` says where it says nothing itself: of a job that deletes.
struct SafetyDefaults {
  std::optional<std::int64_t> max_changes;
  std::optional<double> max_percent;
  std::string counts;  ///< a list among the inputs, of which each item counts as a change; empty: a request is one
};

struct Example {
  std::string summary;
  /// Of an action; for a trigger `input` is {"with": {}, "delivery": {...}} and `output` the event, null where the
  /// delivery is none of its own.
  Value input, output;
};

/// How it is found out whether a write of which that is not known has happened.
struct Probe {
  std::string action;  ///< the full name of a read of the same plugin, which gets the write's input
  /// Over `output` (of the read) and `input` (of the write): the list of what the write can have made, each as the
  /// write's output. Nothing: the read answers `not_found` where it did not happen, else with the write's output.
  std::optional<Expression> find;
  Names with = {};  ///< the read's input -> the write's, where they are called differently; else all of the write's
  /// Refusals after which it may have happened all the same: it is looked up at once.
  std::vector<int> refusals = {};
};

struct Inverse;  // catalog/inverse.hpp

struct Action {
  std::string name;  ///< full: "highlevel.location_tags.create"
  std::string plugin;
  std::string summary;
  Effect effect = Effect::update;
  std::string effect_input;            ///< an input that may say "read" (http.request)
  bool effect_follows_method = false;  ///< of a request whose method is an input, where `effect_input` says nothing
  std::string scope;                   ///< of the API's token, or empty
  std::string target;                  ///< "location_tag:{location_id}/{tag_id}", for `fill`
  std::string change;                  ///< one line for people: "create tag {name}"
  /// `input` is closed unless it says otherwise, and has `location_id` where that is implicit.
  std::shared_ptr<const Schema> input, output;
  std::optional<RequestMapping> request;  ///< at most one of these three; none: the library does it
  std::optional<Expression> result;       ///< pure: the inputs by name, closures callable
  bool reads_file = false;                ///< gives what the file of the project holds that the input `file` names
  std::optional<Resource> resource;
  Repeat repeat = Repeat::neither;
  std::optional<Probe> probe;
  std::shared_ptr<const Inverse> inverse;   ///< how it is taken back; null where it cannot be
  std::vector<std::string> calls;           ///< actions of connectors that the library calls
  std::vector<std::string> optional_calls;  ///< those that it can do without; in the manifest with a "?" behind them
  bool connection = false;                  ///< wants a connection
  Names refused_hosts;                      ///< hosts at which it writes nothing, over whatever connection -> why
  SafetyDefaults safety;
  std::string caution;  ///< what no plan can see of its changes, said wherever it makes some; or empty
  std::vector<Example> examples;
  // What its schemas say, found out once.
  bool located = false;        ///< takes `location_id`
  bool columns = false;        ///< an input is a mapping of expressions that are evaluated for each row of another
  bool takes_times = false;    ///< an input may hold times or durations
  bool takes_secrets = false;  ///< an input may be a secret as a whole
  bool gives_times = false;    ///< its answer may hold times as text
  bool gives_secrets = false;  ///< its answer may hold what its schema marks as "x-secret"

  bool does_itself() const noexcept { return request || result || reads_file; }  ///< without the plugin's library
  bool mails() const noexcept { return request && request->method == "MAIL"; }
  SchemaView inputs() const;
  SchemaView outputs() const;
};

/// Whether the input may be a secret as a whole: its handle "secret:name" stands for it everywhere but on the wire.
bool takes_secret(const Action& action, std::string_view input);

/// Whether the input is a file of the project that is sent, or a list of such files.
bool takes_files(const Action& action, std::string_view input);

/// What a target begins with that is a file below the output folder: "file:{file}" in a manifest, "file:a.csv" in a
/// change.
inline constexpr std::string_view file_target = "file:";
/// The input that names the file which the action writes; empty where it writes none.
std::string file_input(const Action& action);

struct Trigger {
  std::string name, plugin, summary;
  std::string kind;                           ///< "webhook" or "library"
  std::string scope;                          ///< of the API's token, or empty
  std::string delivery;                       ///< of a webhook: what the sender calls such a delivery; or empty
  std::shared_ptr<const Schema> with, event;  ///< what the workflow may say; what expressions see as `event`
  std::optional<Expression> accepts;          ///< `delivery` and `with` -> whether it is one of this trigger's own
  std::optional<Expression> map;              ///< `delivery` (the body, or what was emitted) and `with` -> the event
  std::optional<Expression> id;               ///< of a library's: the same -> what tells one event from another
  std::vector<std::string> calls;             ///< actions of connectors that the library calls
  std::vector<Example> examples;              ///< the first is the default event of `plan` and `run`
};

/// How a plugin's connections come to their tokens by OAuth 2.0 (authorization code), where millrace.yaml says that
/// they do and says nothing else. An address that begins with "/" lies below the connection's own.
struct OAuthKind {
  std::string authorize_url;                ///< the page where somebody agrees
  std::string token_url;                    ///< where codes and refresh tokens become tokens
  std::string location_token_url;           ///< where a company's token becomes one for a location; empty: nowhere
  std::string user_type;                    ///< sent along with what asks for tokens; empty for nothing
  bool pkce = true;                         ///< the server takes code_challenge and code_verifier
  std::vector<std::string> company_scopes;  ///< actions with these use the company's token whatever the location
};

/// What a plugin's connections look like.
struct ConnectionKind {
  std::string auth = "none";  ///< "bearer", "none"
  Names headers;              ///< sent with each request
  Names refused_hosts;        ///< hosts through which nothing is written -> why
  bool locations = false;     ///< its things belong to locations
  /// Names of response headers, or empty: requests left in the interval, the interval's milliseconds, left today.
  std::string limit_remaining, limit_interval_ms, limit_daily_remaining;
  /// The same: how many an interval and a day allow, and the milliseconds until the day's are renewed.
  std::string limit_max, limit_daily_max, limit_daily_reset_ms;
  RequestLimits limits;                  ///< what the far side is known to allow, until its answers tell
  std::optional<Expression> refused_if;  ///< as RequestMapping::refused_if, of each request
  OAuthKind oauth;
};

/// A plugin as its manifest describes it; its code, if any, has not been touched.
struct Manifest {
  std::string name, version, summary;
  std::filesystem::path folder;
  bool library = false;            ///< NAME.so beside the manifest
  bool shipped = false;            ///< came with Millrace, so its library needs no `trust:`
  std::string text;                ///< what it was read from
  std::string pin;                 ///< of a library that did not come with Millrace: pin_of it as it lay there then
  std::string library_hash;        ///< SHA-256 of that library, in hexadecimal digits
  std::vector<std::string> hosts;  ///< origins that a stranger's library may ask by url
  std::vector<std::string> files;  ///< folders below output/ in which it may write
  std::int64_t memory_mib = 256;   ///< what it may have where it runs apart
  std::string imported_from;       ///< the OpenAPI document that it was made of, or empty
  std::optional<ConnectionKind> connection;
  std::vector<Action> actions;
  std::vector<Trigger> triggers;

  /// SHA-256 of the text, in hexadecimal digits. Made when asked for: that of the shipped ones would be a sixth of the
  /// start of a short command.
  std::string fingerprint() const;
};

/// A manifest's text may be this large, in bytes: what is made of a large OpenAPI document has thousands of schemas.
constexpr std::size_t largest_manifest = 32u << 20;

/// Reads plugins/NAME/NAME.json: shape by schemas/manifest.schema.json, meaning by checks. Errors name the file and the
/// place.
Result<Manifest> load_manifest(const std::filesystem::path& folder);
/// The same for a text that is not there yet; `folder` is where it shall lie.
Result<Manifest> parse_manifest(std::string text, const std::filesystem::path& folder);
/// Reads a file NAME.PART.json beside the manifest of `plugin`: further actions and triggers, with the plugin's own
/// name, version and connection.
Result<Manifest> load_further(const std::filesystem::path& file, const Manifest& plugin);

class InstalledPlugin;

/// Everything that the installed plugins offer. Immutable after loading, for all who look: any thread may ask.
///
/// A manifest that came with Millrace is read when something of its plugin is asked for by name, or when all are.
class Catalog {
 public:
  /// The plugins below `shipped`, then those below `own` (a project's plugins/; may not exist), whose manifests are
  /// read at once. A broken one becomes an entry of `problems()` and the rest goes on; a name that is taken is refused.
  static Catalog load(const std::filesystem::path& shipped, const std::filesystem::path& own);

  /// Takes a plugin out again that could not be used (a library that was refused), or that is not there, with the
  /// reason.
  void refuse(const std::string& plugin, Error reason);

  const Action* find_action(std::string_view name) const;
  const Trigger* find_trigger(std::string_view name) const;
  const Manifest* find_plugin(std::string_view name) const;
  /// What connections of the plugin look like; nullptr where it has none.
  const ConnectionKind* find_connection_kind(std::string_view plugin) const;
  /// All that are not broken, without what lies in further files beside their manifests: see `whole`.
  std::vector<std::shared_ptr<const Manifest>> plugins() const;
  /// The plugin with what lies in further files, which are read for it. Those of plugins that came with Millrace are
  /// else read when something in them is asked for by its name; a plugin from elsewhere has one file.
  Result<Manifest> whole(const Manifest& plugin) const;
  std::vector<std::string> action_names() const;
  std::vector<std::string> trigger_names() const;

  struct Problem {
    std::string plugin;
    Error error;
  };
  std::vector<Problem> problems() const { return problems_of(true); }
  /// Why the plugin of this action or trigger cannot be used: "belongs to the plugin ..."; empty where it can be, or
  /// where there is none.
  std::string why_unusable(std::string_view capability) const;
  /// Without those of manifests that came with Millrace, so that none of these is read to know them.
  std::vector<Problem> own_problems() const { return problems_of(false); }

 private:
  const InstalledPlugin* find_installed(std::string_view plugin) const noexcept;
  const InstalledPlugin* owner_of(std::string_view capability) const noexcept;
  std::vector<Problem> problems_of(bool shipped_too) const;

  std::vector<std::shared_ptr<const InstalledPlugin>> installed_;
  std::vector<Problem> refused_;
};

}  // namespace millrace
