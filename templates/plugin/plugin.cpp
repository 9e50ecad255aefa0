// my_plugin.turn: turns a text around. The example in my_plugin.json is its test: "make test" runs it.
#include <millrace_plugin.h>

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>

namespace {

const mr_host* host = nullptr;

mr_text text_of(std::string_view text) { return {text.data(), text.size()}; }

void* open_plugin(const mr_host* given, mr_call*, mr_text) {
  host = given;
  return &host;
}

void close_plugin(void*) {}

/// The host has checked the input against the manifest and writes it without blanks: it is {"text":"..."} and nothing
/// else. A plugin with more to read takes a JSON library.
std::string turned(std::string_view input) {
  constexpr std::string_view front = "{\"text\":\"", back = "\"}";
  std::string output(input);
  if (input.size() >= front.size() + back.size())
    std::reverse(output.begin() + front.size(), output.end() - back.size());
  return output;
}

/// Each call ends once, by finish or fail, and no exception leaves the library.
void begin(void*, mr_call* call, mr_text, mr_text input) {
  try {
    const std::string output = turned({input.data, input.size});
    host->finish(call, text_of(output));
  } catch (const std::exception& error) {
    host->fail(call, text_of("internal"), text_of(error.what()));
  }
}

mr_plugin make_plugin() {
  mr_plugin plugin = {};
  plugin.size = sizeof(mr_plugin);
  plugin.abi_major = MR_ABI_MAJOR;
  plugin.name = text_of("my_plugin");
  plugin.open = open_plugin;
  plugin.close = close_plugin;
  plugin.begin = begin;
  return plugin;
}

const mr_plugin plugin = make_plugin();

}  // namespace

extern "C" MR_EXPORT const mr_plugin* mr_plugin_entry(void) { return &plugin; }
