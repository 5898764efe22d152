/// A file of letters that is published by swapping, for the tests of `SwapFile`.
#pragma once

#include "manifest/swap_file.hpp"
#include "support/temp_dir.hpp"

#include <study/atomic_file.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace study_test {

/// Blocks of one letter each.
class Letters final : public study::manifest::BlockSource {
 public:
  explicit Letters(study::manifest::BlockIndex blocks) : letters(blocks, 'a') {}

  [[nodiscard]] study::manifest::BlockIndex block_count() const override {
    return static_cast<study::manifest::BlockIndex>(letters.size());
  }
  [[nodiscard]] std::uint64_t block_offset(study::manifest::BlockIndex block) const override {
    return block * size;
  }
  void append_block(std::string& out, study::manifest::BlockIndex block) const override {
    out.append(size, letters[block]);
  }
  [[nodiscard]] std::uint64_t layout() const override { return size; }

  [[nodiscard]] std::string text() const {
    std::string text;
    for (study::manifest::BlockIndex i = 0; i < block_count(); ++i) append_block(text, i);
    return text;
  }

  std::string letters;
  std::size_t size = 512;
};

struct SwappedLetters {
  TempDir dir;
  Letters source{8};
  std::filesystem::path path = dir / "file";
  study::manifest::SwapFile file{study::manifest::FileSystem::system(), path,
                                 study::Durability::process};

  SwappedLetters() { file.create(source); }

  void publish(study::manifest::BlockIndex block, char letter) {
    source.letters[block] = letter;
    file.publish(source, std::span(&block, 1));
  }
};

}  // namespace study_test
