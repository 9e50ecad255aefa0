// What an editor says and what is typed in it: every request has one answer, and what answers point at is in the text.
#include "fuzz.hpp"
#include "lsp/completion.hpp"
#include "lsp/cures.hpp"
#include "lsp/diagnostics.hpp"
#include "lsp/framing.hpp"
#include "lsp/hover.hpp"
#include "lsp/names.hpp"
#include "lsp/outline.hpp"
#include "lsp/server.hpp"
#include "value/json.hpp"

using namespace millrace;

namespace {

std::shared_ptr<const lsp::ProjectView> view() {
  static const auto made = [] {
    auto empty = std::make_shared<lsp::ProjectView>();
    empty->root = "/nowhere";
    empty->catalog = std::make_shared<const Catalog>();
    empty->secrets = {"main"};
    return empty;
  }();
  return made;
}

void inside(const lsp::Range& range, std::string_view text) {
  fuzz::require(range.begin <= range.end && range.end <= text.size(), "what is pointed at is in the text");
}

void inside(const std::vector<lsp::OutlineEntry>& entries, std::string_view text) {
  for (const lsp::OutlineEntry& entry : entries) {
    inside(entry.whole, text);
    inside(entry.chosen, text);
    inside(entry.inside, text);
  }
}

/// A text with the cursor somewhere in it.
void typed(std::size_t offset, std::string_view text) {
  const SourceText source = {"workflows/flow.yaml", std::string(text)};
  inside(lsp::complete(source, offset, *view()).range, text);
  if (const auto said = lsp::hover(source, offset, *view())) inside(said->range, text);
  if (const auto target = lsp::find_definition(source, offset, *view()); target && target->file.empty())
    inside(target->range, text);
  for (const lsp::Range& range : lsp::find_references(source, offset, *view())) inside(range, text);
  inside(lsp::outline(source), text);
  const auto findings = lsp::findings_in(std::make_shared<const SourceText>(source), *view());
  for (const lsp::Cure& cure : lsp::cures_in(source, findings, {0, text.size()})) inside(cure.edit.range, text);
  const lsp::TextLines lines(source.text);
  for (const lsp::Units units : {lsp::Units::utf8, lsp::Units::utf16}) {
    const std::size_t at = std::min(offset, text.size());
    fuzz::require(lines.offset(lines.position(at, units), units) <= at, "a place leads back to its character");
  }
}

/// Lines as messages.
void talk(fuzz::Input& input) {
  std::size_t asked = 0, answered = 0;
  lsp::Server server([](const std::filesystem::path&) { return view(); }, "/nowhere",
                     [&](const std::string& message) {
                       const auto said = parse_json(message);
                       fuzz::require(said && said->is_map(), "what the server says is JSON");
                       if (said->find("id") != nullptr && said->find("method") == nullptr) ++answered;
                     });
  const auto tell = [&](std::string_view message) {
    const auto read = parse_json(message, {.mend = true});
    const bool called_off = read && read->is_map() && read->text_or("method") == "$/cancelRequest";
    const bool method = read && read->is_map() && read->find("method") != nullptr && read->find("method")->is_text();
    const bool answer = read && read->is_map() && !method && (read->find("result") || read->find("error"));
    if (!called_off && !answer && (!method || read->find("id") != nullptr)) ++asked;
    server.hear(lsp::framed(message));
  };
  tell(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}})");
  while (!input.rest().empty() && !server.finished()) {
    tell(input.line());
    if (input.rest().size() % 3 == 0) server.step();
  }
  while (!server.finished() && server.step()) {
  }
  while (auto check = server.next_check()) {
    check->run();
    server.take(std::move(*check));
  }
  if (!server.finished()) fuzz::require(answered == asked, "every request has one answer");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  switch (input.choice(3)) {
    case 0: {
      const std::size_t offset = input.choice(256) * 256 + input.choice(256);
      typed(offset % (input.rest().size() + 1), input.rest());
      break;
    }
    case 1:
      talk(input);
      break;
    default: {
      lsp::FrameReader frames;
      while (!input.rest().empty()) {
        frames.feed(input.take(1 + input.choice(40)));
        while (const auto frame = frames.next())
          fuzz::require(frame->body.size() <= lsp::largest_message, "no message is too large");
      }
    }
  }
  return 0;
}
