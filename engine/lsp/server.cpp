#include "lsp/server.hpp"

#include <algorithm>
#include <utility>

#include "lsp/diagnostics.hpp"
#include "lsp/json.hpp"
#include "lsp/requests.hpp"
#include "value/json.hpp"

namespace millrace::lsp {
namespace {

// JSON-RPC's and the protocol's numbers for what is wrong.
constexpr int parse_error = -32700, invalid_request = -32600, unknown_method = -32601;
constexpr int not_initialized = -32002, called_off = -32800;
constexpr JsonLimits of_messages = {.max_bytes = largest_message, .mend = true};

bool is_request(const Value& message) { return message.find("method") != nullptr && message.find("id") != nullptr; }

Value params_of(const Value& message) {
  const Value* params = message.find("params");
  return params != nullptr ? *params : Value(Map());
}

/// The folder that the client was opened in; empty where it names none.
std::filesystem::path folder_of(const Value& params) {
  std::string uri = params.text_or("rootUri");
  const Value* folders = params.find("workspaceFolders");
  if (folders != nullptr && folders->is_list() && !folders->list().empty()) uri = folders->list()[0].text_or("uri");
  return path_of(uri).value_or(std::filesystem::path());
}

const Value* inside(const Value& value, std::initializer_list<std::string_view> way) {
  const Value* at = &value;
  for (const std::string_view name : way) {
    at = at->find(name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace

Server::Server(OpenProject open, std::filesystem::path folder, std::function<void(const std::string&)> send)
    : send_(std::move(send)), documents_(std::move(open), std::move(folder)) {}

void Server::hear(std::string_view bytes) {
  frames_.feed(bytes);
  while (auto frame = frames_.next()) {
    if (!frame->fault.empty()) {
      reply(Value(), {{}, parse_error, frame->fault});
      continue;
    }
    auto message = parse_json(frame->body, of_messages);
    if (!message) {
      reply(Value(), {{}, parse_error, message.error().message});
    } else if (message->is_map() && message->text_or("method") == "$/cancelRequest") {
      const Value params = params_of(*message);
      if (const Value* id = params.find("id")) call_off(*id);
    } else {
      queue_.push_back(std::move(*message));
    }
  }
  if (frames_.lost()) finished_ = true;
}

void Server::call_off(const Value& id) {
  const auto meant = std::find_if(queue_.begin(), queue_.end(), [&id](const Value& message) {
    const Value* own = message.is_map() && is_request(message) ? message.find("id") : nullptr;
    return own != nullptr && *own == id;
  });
  if (meant == queue_.end()) return;
  queue_.erase(meant);
  reply(id, {{}, called_off, "the request was called off"});
}

bool Server::step() {
  if (queue_.empty()) return false;
  const Value message = std::move(queue_.front());
  queue_.pop_front();
  take(message);
  return true;
}

void Check::run() { findings = all_findings_in(source, *view); }

std::optional<Check> Server::next_check() {
  const Document* document = documents_.next_unchecked();
  if (document == nullptr) return std::nullopt;
  return Check{document->uri, document->source, documents_.view_of(*document)};
}

void Server::take(const Value& message) {
  const Value* method = message.is_map() ? message.find("method") : nullptr;
  const Value* id = message.is_map() ? message.find("id") : nullptr;
  if (method == nullptr || !method->is_text()) {
    const bool an_answer = message.is_map() && (message.find("result") != nullptr || message.find("error") != nullptr);
    if (!an_answer) reply(id != nullptr ? *id : Value(), {{}, invalid_request, "this is no request: it has no method"});
    return;
  }
  if (id == nullptr) return notice(method->text(), params_of(message));
  if (!id->is_text() && !id->is(Kind::integer))
    return reply(Value(), {{}, invalid_request, "the id of a request is a number or a text"});
  reply(*id, answer(method->text(), params_of(message)));
}

Server::Outcome Server::answer(const std::string& method, const Value& params) {
  if (method == "initialize") {
    if (initialized_) return {{}, invalid_request, "initialize comes once"};
    return {initialize(params)};
  }
  if (!initialized_) return {{}, not_initialized, "the first request is initialize"};
  if (shut_down_) return {{}, invalid_request, "after shutdown comes exit"};
  if (method == "shutdown") {
    shut_down_ = true;
    return {Value()};
  }
  const Request* request = find_request(method);
  if (request == nullptr) return {{}, unknown_method, "there is no method \"" + method + "\" here"};
  const Value* named = params.find("textDocument");
  const auto document = named != nullptr ? documents_.find(named->text_or("uri")) : std::nullopt;
  if (!document) return {Value()};
  const Result<Value> result = request->answer(params, *document, *documents_.view_of(*document), documents_);
  if (!result) return {{}, request_failed, result.error().message};
  return {*result};
}

Value Server::initialize(const Value& params) {
  initialized_ = true;
  const Value* encodings = inside(params, {"capabilities", "general", "positionEncodings"});
  const bool bytes =
      encodings != nullptr && encodings->is_list() &&
      std::find(encodings->list().begin(), encodings->list().end(), Value("utf-8")) != encodings->list().end();
  documents_.set_units(bytes ? Units::utf8 : Units::utf16);
  const Value* watching = inside(params, {"capabilities", "workspace", "didChangeWatchedFiles", "dynamicRegistration"});
  watches_ = watching != nullptr && watching->is_true();
  if (auto folder = folder_of(params); !folder.empty()) documents_.set_folder(std::move(folder));
  return Value::object({{"capabilities", capabilities(documents_.units())},
                        {"serverInfo", Value::object({{"name", "millrace"}, {"version", MILLRACE_VERSION}})}});
}

void Server::notice(const std::string& method, const Value& params) {
  if (method == "exit") {
    finished_ = true;
  } else if (!initialized_ || shut_down_) {
    return;
  } else if (method == "initialized" && watches_) {
    Value::List watched;
    for (const char* pattern : {"**/millrace.yaml", "**/workflows/**/*.{yaml,yml}", "**/plugins/**", "**/state/vault"})
      watched.push_back(Value::object({{"globPattern", pattern}}));
    const Value options = Value::object({{"watchers", Value(std::move(watched))}});
    const Value registration =
        Value::object({{"id", "files"}, {"method", "workspace/didChangeWatchedFiles"}, {"registerOptions", options}});
    send_(
        encode_json(Value::object({{"jsonrpc", "2.0"},
                                   {"id", "files"},
                                   {"method", "client/registerCapability"},
                                   {"params", Value::object({{"registrations", Value(Value::List{registration})}})}})));
  } else if (method == "textDocument/didOpen") {
    documents_.open(params);
  } else if (method == "textDocument/didChange") {
    documents_.change(params);
  } else if (method == "textDocument/didClose") {
    documents_.close(params);
    const Value* closed = params.find("textDocument");
    if (closed != nullptr)
      notify("textDocument/publishDiagnostics",
             Value::object({{"uri", closed->text_or("uri")}, {"diagnostics", Value(Value::List())}}));
  } else if (method == "textDocument/didSave" || method == "workspace/didChangeWatchedFiles" ||
             method == "workspace/didChangeConfiguration") {
    documents_.look_again();
  }
}

void Server::take(Check done) {
  const Document* document = documents_.keep(done.uri, done.source, std::move(done.findings));
  if (document == nullptr) return;
  const Measured text(*document->source, documents_.units());
  Value::List diagnostics;
  for (const Finding& finding : *document->findings) diagnostics.push_back(encode_diagnostic(finding, text));
  notify("textDocument/publishDiagnostics",
         Value::object(
             {{"uri", document->uri}, {"version", document->version}, {"diagnostics", Value(std::move(diagnostics))}}));
}

void Server::reply(const Value& id, const Outcome& outcome) {
  Map message;
  message.set("jsonrpc", "2.0");
  message.set("id", id);
  if (outcome.result) {
    message.set("result", *outcome.result);
  } else {
    message.set("error", Value::object({{"code", outcome.error}, {"message", outcome.message}}));
  }
  send_(encode_json(Value(std::move(message))));
}

void Server::notify(std::string_view method, Value params) {
  send_(encode_json(Value::object({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}})));
}

}  // namespace millrace::lsp
