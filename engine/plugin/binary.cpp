#include "plugin/binary.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "catalog/company.hpp"
#include "catalog/pin.hpp"

namespace millrace {
namespace {

constexpr std::string_view own_symbol = "mr_plugin_entry";

Error unreadable(const std::string& what) {
  return {.code = ErrorCode::denied, .message = what + ": " + std::strerror(errno)};
}

Result<std::string> read_whole(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return unreadable(file.string() + " cannot be read");
  std::string content(std::istreambuf_iterator<char>(stream), {});
  if (stream.bad()) return unreadable(file.string() + " cannot be read");
  return content;
}

/// Memory with this content that nobody can write to any more.
Result<int> sealed(const std::string& name, const std::string& content) {
  const int memory = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memory < 0) return unreadable("there is no memory for its library");
  for (std::size_t written = 0; written < content.size();) {
    const ssize_t more = ::write(memory, content.data() + written, content.size() - written);
    if (more > 0) {
      written += static_cast<std::size_t>(more);
    } else if (errno != EINTR) {
      ::close(memory);
      return unreadable("there is no memory for its library");
    }
  }
  if (fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0) return memory;
  ::close(memory);
  return unreadable("its library cannot be kept from changing");
}

}  // namespace

Result<Binary> Binary::read(const Manifest& plugin) {
  const std::string content = TRY(read_whole(plugin.folder / (plugin.name + ".so")));
  Binary binary;
  binary.descriptor_ = TRY(sealed(plugin.name, content));
  binary.pin_ = pin_of(plugin, content);
  const ElfFacts facts = read_elf(content);
  binary.company_ = company_of(plugin, facts);
  for (const std::string& name : facts.exports) {
    if (name != own_symbol) binary.more_exports_.push_back(name);
  }
  return binary;
}

Binary::~Binary() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Binary::Binary(Binary&& other) noexcept { *this = std::move(other); }

Binary& Binary::operator=(Binary&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(pin_, other.pin_);
  std::swap(company_, other.company_);
  std::swap(more_exports_, other.more_exports_);
  return *this;
}

}  // namespace millrace
