#include <doctest/doctest.h>

#include "lsp/editor_bench.hpp"
#include "lsp/framing.hpp"
#include "lsp/server.hpp"
#include "temporary_folder.hpp"
#include "value/json.hpp"

using namespace millrace;

namespace {

/// A server and all that it has said.
class Editor {
 public:
  Editor()
      : server_([this](const std::filesystem::path&) { return looked_ += 1, view_; }, "/project",
                [this](const std::string& message) { said_.push_back(message); }) {}

  void tell(const std::string& message) { server_.hear(lsp::framed(message)); }
  void begin(const std::string& capabilities = "{}", bool later = false) {
    tell(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":)" + capabilities + "}}");
    tell(R"({"jsonrpc":"2.0","method":"initialized","params":{}})");
    if (!later) work();
  }
  void open(const std::string& text, int version = 1) {
    const Value document = Value::object({{"uri", uri}, {"languageId", "yaml"}, {"version", version}, {"text", text}});
    notify("textDocument/didOpen", Value::object({{"textDocument", document}}));
  }
  void change(const std::string& changes, int version) {
    tell(R"({"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":")" + std::string(uri) +
         R"(","version":)" + std::to_string(version) + R"(},"contentChanges":)" + changes + "}}");
  }
  void notify(const std::string& method, const Value& params) {
    tell(encode_json(Value::object({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}})));
  }
  void ask_completion(int id, int line, int character) {
    tell(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":"textDocument/completion","params":)" +
         R"({"textDocument":{"uri":")" + uri + R"("},"position":{"line":)" + std::to_string(line) + R"(,"character":)" +
         std::to_string(character) + "}}}");
  }
  /// Everything that is to be done; gives what was said since the last time.
  std::string work() {
    while (server_.step()) {
    }
    while (auto check = server_.next_check()) {
      check->run();
      server_.take(std::move(*check));
    }
    std::string all;
    for (const std::string& message : said_) all += message + "\n";
    said_.clear();
    return all;
  }
  lsp::Server& server() { return server_; }
  int looked() const { return looked_; }

  static constexpr const char* uri = "file:///project/workflows/flow.yaml";

 private:
  std::shared_ptr<const lsp::ProjectView> view_ = std::make_shared<const lsp::ProjectView>(test::editor_view());
  int looked_ = 0;
  std::vector<std::string> said_;
  lsp::Server server_;
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr const char* broken = "version: 1\ntriggers: manual\nactions:\n  - action: notes.wrte\n";

}  // namespace

TEST_SUITE_BEGIN("lsp");

TEST_CASE("a text that is opened is checked, and one that is closed has no findings any more") {
  Editor editor;
  editor.begin();
  editor.open(broken);
  const std::string said = editor.work();
  CHECK(holds(said, R"("code":"unknown-action")"));
  CHECK(holds(said, R"("range":{"start":{"line":3,"character":12},"end":{"line":3,"character":22}})"));
  editor.notify("textDocument/didClose", Value::object({{"textDocument", Value::object({{"uri", Editor::uri}})}}));
  CHECK(holds(editor.work(), R"("diagnostics":[])"));
}

TEST_CASE("only the newest text is checked, and what was asked is answered before") {
  Editor editor;
  editor.begin();
  editor.open(broken);
  editor.change(R"([{"range":{"start":{"line":3,"character":12},"end":{"line":3,"character":22}},"text":"notes.x"}])",
                2);
  editor.change(R"([{"range":{"start":{"line":3,"character":18},"end":{"line":3,"character":19}},"text":"write"}])", 3);
  editor.ask_completion(7, 3, 23);
  const std::string said = editor.work();
  CHECK(said.find(R"("id":7)") < said.find("publishDiagnostics"));
  CHECK(holds(said, R"("version":3)"));
  CHECK(!holds(said, R"("version":2)"));
  CHECK(!holds(said, R"("version":1,)"));
}

TEST_CASE("what was found in a text that is another by now is not told") {
  Editor editor;
  editor.begin();
  editor.open(broken);
  while (editor.server().step()) {
  }
  auto check = editor.server().next_check();
  REQUIRE(check);
  check->run();
  editor.change(R"([{"text":"version: 1\ntriggers: manual\nactions:\n  - wait: 1s\n"}])", 2);
  while (editor.server().step()) {
  }
  editor.server().take(std::move(*check));
  const std::string said = editor.work();
  CHECK(!holds(said, "unknown-action"));
  CHECK(holds(said, R"("version":2,"diagnostics":[])"));
}

TEST_CASE("changes count in UTF-16, or in bytes where both sides agree on them") {
  const std::string text = "version: 1\nname: \U0001F600 ab\ntriggers: manual\nactions:\n  - action: notes.wrte\n";
  Editor pairs;
  pairs.begin();
  pairs.open(text);
  pairs.change(R"([{"range":{"start":{"line":1,"character":9},"end":{"line":1,"character":11}},"text":"\nxy: 1"}])", 2);
  CHECK(holds(pairs.work(), "unknown key \\\"xy\\\""));
  Editor bytes;
  bytes.begin(R"({"general":{"positionEncodings":["utf-16","utf-8"]}})");
  bytes.open(text);
  bytes.change(R"([{"range":{"start":{"line":1,"character":11},"end":{"line":1,"character":13}},"text":"\nxy: 1"}])",
               2);
  CHECK(holds(bytes.work(), "unknown key \\\"xy\\\""));
}

TEST_CASE("a request that is called off before its turn is answered so, once") {
  Editor editor;
  editor.begin();
  editor.open(broken);
  editor.ask_completion(7, 3, 22);
  editor.tell(R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":7}})");
  const std::string said = editor.work();
  CHECK(holds(said, R"({"jsonrpc":"2.0","id":7,"error":{"code":-32800)"));
  CHECK(!holds(said, R"("id":7,"result")"));
}

TEST_CASE("what is no request is answered as the protocol says, and the next one is heard") {
  Editor editor;
  editor.tell(R"({"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{}})");
  CHECK(holds(editor.work(), "-32002"));
  editor.begin();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{", R"("id":null,"error":{"code":-32700)"},
      {"[]", R"("id":null,"error":{"code":-32600)"},
      {R"({"jsonrpc":"2.0","id":{},"method":"shutdown"})", R"("id":null,"error":{"code":-32600)"},
      {R"({"jsonrpc":"2.0","id":5})", R"("id":5,"error":{"code":-32600)"},
      {R"({"jsonrpc":"2.0","id":6,"method":"no/such"})", R"("id":6,"error":{"code":-32601)"},
      {R"({"jsonrpc":"2.0","id":7,"method":"textDocument/hover","params":[1]})", R"("id":7,"result":null)"},
      {R"({"jsonrpc":"2.0","id":8,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///x"}}})",
       R"("id":8,"result":null)"},
      {R"({"jsonrpc":"2.0","method":"no/such"})", ""},
      {R"({"jsonrpc":"2.0","id":"files","result":null})", ""},
      {R"({"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":7}})", ""},
      {R"({"jsonrpc":"2.0","method":"textDocument/didOpen","params":null})", ""}};
  for (const auto& [message, answer] : cases) {
    INFO(message);
    editor.tell(message);
    const std::string said = editor.work();
    CHECK(holds(said, answer));
    if (answer.empty()) CHECK(said.empty());
  }
}

TEST_CASE("after shutdown comes exit, and whoever leaves without is not content") {
  Editor editor;
  editor.begin();
  editor.tell(R"({"jsonrpc":"2.0","id":1,"method":"shutdown"})");
  CHECK(holds(editor.work(), R"("id":1,"result":null)"));
  editor.ask_completion(2, 0, 0);
  CHECK(holds(editor.work(), R"("id":2,"error":{"code":-32600)"));
  editor.tell(R"({"jsonrpc":"2.0","method":"exit"})");
  editor.work();
  CHECK(editor.server().finished());
  CHECK(editor.server().exit_code() == 0);
  Editor hasty;
  hasty.begin();
  hasty.tell(R"({"jsonrpc":"2.0","method":"exit"})");
  hasty.work();
  CHECK(hasty.server().exit_code() == 1);
}

TEST_CASE("the project is looked at once, and again when something was saved") {
  Editor editor;
  editor.begin();
  editor.open(broken);
  editor.work();
  editor.ask_completion(1, 3, 22);
  editor.work();
  CHECK(editor.looked() == 1);
  editor.notify("textDocument/didSave", Value::object({{"textDocument", Value::object({{"uri", Editor::uri}})}}));
  CHECK(holds(editor.work(), "publishDiagnostics"));
  CHECK(editor.looked() == 2);
}

TEST_CASE("what is asked of a file that is not open is answered by what it holds") {
  const test::TemporaryFolder folder;
  const auto file =
      folder.write("workflows/closed.yaml", "version: 1\ntriggers: manual\nactions:\n  - action: notes.write\n");
  Editor editor;
  editor.begin();
  const auto ask = [&editor](int id, const std::string& uri) {
    editor.tell(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
                R"(,"method":"textDocument/documentSymbol","params":{"textDocument":{"uri":")" + uri + R"("}}})");
    return editor.work();
  };
  CHECK(holds(ask(1, lsp::uri_of(file)), R"("name":"action notes.write")"));
  CHECK(holds(ask(2, lsp::uri_of(folder.path() / "none.yaml")), R"("id":2,"result":null)"));
  CHECK(holds(ask(3, "untitled:one"), R"("id":3,"result":null)"));
}

TEST_CASE("a workflow may be called .yml, as check has it, and is watched then") {
  Editor editor;
  editor.begin(R"({"workspace":{"didChangeWatchedFiles":{"dynamicRegistration":true}}})", true);
  const std::string said = editor.work();
  CHECK(holds(said, R"("**/workflows/**/*.{yaml,yml}")"));
  const Value document = Value::object({{"uri", "file:///project/workflows/flow.yml"},
                                        {"languageId", "yaml"},
                                        {"version", 1},
                                        {"text", "actions:\n  - action: notes.wrte\n"}});
  editor.notify("textDocument/didOpen", Value::object({{"textDocument", document}}));
  CHECK(holds(editor.work(), R"("code":"unknown-action")"));
}

TEST_CASE("of files that are none of ours nothing is said") {
  Editor editor;
  editor.begin();
  for (const char* uri : {"file:///project/docker-compose.yaml", "file:///project/.github/workflows/ci.yaml"}) {
    const Value document =
        Value::object({{"uri", uri}, {"languageId", "yaml"}, {"version", 1}, {"text", "on: push\njobs: {}\n"}});
    editor.notify("textDocument/didOpen", Value::object({{"textDocument", document}}));
    CHECK(holds(editor.work(), R"("diagnostics":[])"));
  }
}

TEST_SUITE_END();
