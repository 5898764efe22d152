#include "check_plugin/plugin_file.hpp"

#include "check_plugin/case.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/observer_library.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <dlfcn.h>
#include <elf.h>

namespace host {
namespace {

/// The file's bytes, read at offsets that may be anything.
class ElfFile {
 public:
  explicit ElfFile(std::string_view bytes) : bytes_(bytes) {}

  template <class Struct>
  [[nodiscard]] std::optional<Struct> at(std::uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(Struct)) return std::nullopt;
    Struct result;
    std::memcpy(&result, bytes_.data() + offset, sizeof result);
    return result;
  }

  [[nodiscard]] std::string text_at(std::uint64_t offset) const {
    if (offset >= bytes_.size()) return {};
    const std::string_view rest = bytes_.substr(offset);
    return std::string(rest.substr(0, rest.find('\0')));
  }

  /// Section number `index`.
  [[nodiscard]] std::optional<Elf64_Shdr> section(const Elf64_Ehdr& header,
                                                  std::uint64_t index) const {
    return at<Elf64_Shdr>(header.e_shoff + index * sizeof(Elf64_Shdr));
  }

 private:
  std::string_view bytes_;
};

bool is_readable(const Elf64_Ehdr& header) {
  constexpr unsigned char kByteOrder =
      std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == kByteOrder &&
         header.e_shentsize == sizeof(Elf64_Shdr);
}

/// Defined here and visible to others. Version names are symbols without a place.
bool is_exported(const Elf64_Sym& symbol) {
  const unsigned binding = ELF64_ST_BIND(symbol.st_info);
  const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS && binding != STB_LOCAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

std::vector<std::string> names_in(const ElfFile& file, const Elf64_Shdr& symbols,
                                  const Elf64_Shdr& texts) {
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < symbols.sh_size / sizeof(Elf64_Sym); ++i) {
    const auto symbol = file.at<Elf64_Sym>(symbols.sh_offset + i * sizeof(Elf64_Sym));
    if (!symbol) break;
    if (is_exported(*symbol)) names.push_back(file.text_at(texts.sh_offset + symbol->st_name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

PluginFile::PluginFile(const std::filesystem::path& path) : path_(path) {
  try {
    static_cast<void>(study::ObserverLibrary::load(path));
  } catch (const study::PluginError& error) {
    // The person has just given the path.
    std::string message = error.what();
    if (message.starts_with(path.string() + ": ")) message.erase(0, path.string().size() + 2);
    throw CaseFailed(message);
  }
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw CaseFailed("it can't be loaded a second time");
  entry_point_ =
      reinterpret_cast<study_observer_entry_point>(::dlsym(library, STUDY_OBSERVER_ENTRY_POINT));
  table_ = entry_point_(STUDY_ABI_MAJOR, STUDY_ABI_MINOR);
  if (table_ == nullptr) throw CaseFailed("it accepts the host once, and then refuses it");
}

std::optional<std::vector<std::string>> exported_symbols(const std::filesystem::path& library) {
  const std::string bytes = study::read_file(library);
  const ElfFile file(bytes);
  const auto header = file.at<Elf64_Ehdr>(0);
  if (!header || !is_readable(*header)) return std::nullopt;
  for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
    const auto symbols = file.section(*header, i);
    if (!symbols || symbols->sh_type != SHT_DYNSYM) continue;
    const auto texts = file.section(*header, symbols->sh_link);
    if (texts) return names_in(file, *symbols, *texts);
  }
  return std::nullopt;
}

}  // namespace host
