#include "catalog/pin.hpp"

#include <algorithm>

#include "crypto/digest.hpp"

namespace millrace {

std::string pin_of(const Manifest& plugin, std::string_view library) {
  return pin_of(plugin.name, plugin.fingerprint(), fingerprint(library));
}

std::string pin_of(const std::string& name, const std::string& manifest, const std::string& library) {
  return "sha256:" + fingerprint(manifest + "  " + name + ".json\n" + library + "  " + name + ".so\n");
}

std::string distrust(const std::string& pin, const std::vector<std::string>& trust) {
  if (std::find(trust.begin(), trust.end(), pin) != trust.end()) return {};
  return "its library did not come with Millrace and is not trusted; if you trust it and its manifest as they are, put "
         "this into millrace.yaml: trust: [\"" +
         pin + "\"]";
}

}  // namespace millrace
