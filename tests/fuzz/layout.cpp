// What people write as YAML: laid out, it reads the same, and once is enough; else a finding says why it is left alone.
#include <memory>
#include <string>

#include "fuzz.hpp"
#include "yaml/layout.hpp"

using namespace millrace;

namespace {

std::shared_ptr<const SourceText> source_of(std::string text) {
  return std::make_shared<const SourceText>(SourceText{"fuzz.yaml", std::move(text)});
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto source = source_of(std::string(fuzz::Input(data, size).rest()));
  const Layout layout = laid_out(source);
  if (!layout.text) {
    fuzz::require(!layout.findings.empty(), "what is left alone has a finding");
    return 0;
  }
  const YamlDocument before = read_yaml(source), after = read_yaml(source_of(*layout.text));
  fuzz::require(before.root && after.root && same_tree(*before.root, *after.root), "it reads the same");
  fuzz::require(laid_out(source_of(*layout.text)).text == layout.text, "once is enough");
  return 0;
}
