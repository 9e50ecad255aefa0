// An OpenAPI document and an overlay: whatever they say, a manifest comes of them that can be used, or findings say why
// none does; and the next import of the same gives the same.
#include <string>

#include "catalog/catalog.hpp"
#include "fuzz.hpp"
#include "openapi/differences.hpp"
#include "openapi/import.hpp"
#include "value/json.hpp"

using namespace millrace;

namespace {

/// The first line says where the overlay ends and the document begins: up to it, in bytes of tens.
ImportOrder order_of(fuzz::Input input) {
  const std::size_t overlay = input.choice(256) * 10;
  ImportOrder order;
  order.plugin = "fuzz";
  order.name = "fuzz.yaml";
  order.overlay_name = "fuzz.overlay.yaml";
  order.overlay = input.take(overlay);
  order.text = input.rest();
  order.reader = [text = order.text](const std::string& path) -> Result<std::string> {
    fuzz::require(("/" + path + "/").find("/../") == std::string::npos && !path.starts_with('/'),
                  "files lie below the document");
    return text;  // each file is the document itself, with other names for its places
  };
  return order;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ImportOrder order = order_of(fuzz::Input(data, size));
  const Import import = import_openapi(order);
  if (import.manifest.is_null()) {
    fuzz::require(import.findings.has_errors(), "what comes to nothing has a reason");
    return 0;
  }
  const std::string text = encode_json(import.manifest);
  const auto manifest = parse_manifest(text, "plugins/fuzz");
  fuzz::require(static_cast<bool>(manifest), "what was made can be used");
  fuzz::require(manifest->actions.size() + import.left_out.size() == import.operations, "no operation disappears");
  order.before = names_in(import.manifest);
  const Import again = import_openapi(order);
  fuzz::require(encode_json(again.manifest) == text, "the same document gives the same plugin");
  return 0;
}
