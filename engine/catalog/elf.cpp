#include "catalog/elf.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/text.hpp"

namespace millrace {
namespace {

/// A thing at an offset that the file itself names, and may name wrongly.
template <class T>
std::optional<T> at(std::string_view file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T thing;
  std::memcpy(&thing, file.data() + offset, sizeof thing);
  return thing;
}

std::string text_at(std::string_view file, std::uint64_t offset) {
  if (offset >= file.size()) return {};
  const std::string_view rest = file.substr(offset);
  return std::string(rest.substr(0, rest.find('\0')));
}

/// Where in the file an address of the loaded library lies.
std::optional<std::uint64_t> offset_of(std::string_view file, const Elf64_Ehdr& head, std::uint64_t address) {
  for (unsigned number = 0; number < head.e_phnum; ++number) {
    const auto segment = at<Elf64_Phdr>(file, head.e_phoff + std::uint64_t{number} * sizeof(Elf64_Phdr));
    if (!segment || segment->p_type != PT_LOAD) continue;
    if (address >= segment->p_vaddr && address - segment->p_vaddr < segment->p_filesz)
      return address - segment->p_vaddr + segment->p_offset;
  }
  return std::nullopt;
}

std::vector<Elf64_Dyn> dynamic_entries(std::string_view file, const Elf64_Ehdr& head) {
  std::vector<Elf64_Dyn> entries;
  for (unsigned number = 0; number < head.e_phnum; ++number) {
    const auto segment = at<Elf64_Phdr>(file, head.e_phoff + std::uint64_t{number} * sizeof(Elf64_Phdr));
    if (!segment || segment->p_type != PT_DYNAMIC) continue;
    for (std::uint64_t offset = segment->p_offset;; offset += sizeof(Elf64_Dyn)) {
      const auto entry = at<Elf64_Dyn>(file, offset);
      if (!entry || entry->d_tag == DT_NULL) break;
      entries.push_back(*entry);
    }
  }
  return entries;
}

void add_search_paths(const std::string& joined, std::vector<std::string>& paths) {
  for (std::size_t begin = 0; begin <= joined.size();) {
    const std::size_t end = std::min(joined.find(':', begin), joined.size());
    paths.push_back(joined.substr(begin, end - begin));
    begin = end + 1;
  }
}

/// By the table of sections: the loader needs none, but every linker writes one.
std::vector<std::string> exports_of(std::string_view file, const Elf64_Ehdr& head) {
  std::vector<std::string> names;
  for (unsigned number = 0; number < head.e_shnum; ++number) {
    const auto section = at<Elf64_Shdr>(file, head.e_shoff + std::uint64_t{number} * sizeof(Elf64_Shdr));
    if (!section || section->sh_type != SHT_DYNSYM) continue;
    const auto strings = at<Elf64_Shdr>(file, head.e_shoff + std::uint64_t{section->sh_link} * sizeof(Elf64_Shdr));
    for (std::uint64_t offset = 0; strings && offset < section->sh_size; offset += sizeof(Elf64_Sym)) {
      const auto symbol = at<Elf64_Sym>(file, section->sh_offset + offset);
      if (!symbol) break;
      const bool shown = symbol->st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL &&
                         ELF64_ST_VISIBILITY(symbol->st_other) == STV_DEFAULT;
      if (shown) names.push_back(text_at(file, strings->sh_offset + symbol->st_name));
    }
  }
  return names;
}

}  // namespace

Machine own_machine() noexcept {
#if defined(__aarch64__)
  return {EM_AARCH64, "aarch64"};
#else
  return {EM_X86_64, "x86_64"};
#endif
}

ElfFacts read_elf(std::string_view file) {
  ElfFacts facts;
  const auto head = at<Elf64_Ehdr>(file, 0);
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64) return facts;
  facts.machine = head->e_machine;
  const auto entries = dynamic_entries(file, *head);
  std::optional<std::uint64_t> strings;
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag == DT_STRTAB) strings = offset_of(file, *head, entry.d_un.d_ptr);
  }
  for (const Elf64_Dyn& entry : entries) {
    if (!strings) break;
    // Filters and auditors are loaded like what is needed, and asked first.
    constexpr std::array brings = {DT_NEEDED, DT_AUXILIARY, DT_FILTER, DT_AUDIT, DT_DEPAUDIT};
    if (std::find(brings.begin(), brings.end(), entry.d_tag) != brings.end())
      facts.needed.push_back(text_at(file, *strings + entry.d_un.d_val));
    if (entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH)
      add_search_paths(text_at(file, *strings + entry.d_un.d_val), facts.search_paths);
  }
  facts.exports = exports_of(file, *head);
  return facts;
}

}  // namespace millrace
