/// Memory that is lent to a plugin for one call, and how it is taken back.
#pragma once

#include <study/abi.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace plugin_check {

/// What is the matter with the bytes.
enum class Lending {
  /// After the call they have another content: who reads them then gets it wrong.
  scrambled_later,
  /// After the call they are out of reach: who reads them then dies of SIGSEGV.
  forbidden_later,
  /// Whatever follows them is out of reach, so that one who takes a text for terminated dies of
  /// SIGSEGV; in the other ways zeros follow. Scrambled after the call.
  forbidden_beyond,
};

/// Lends copies, each in pages of its own.
class LentBytes {
 public:
  explicit LentBytes(Lending lending) : lending_(lending) {}
  LentBytes(const LentBytes&) = delete;
  LentBytes& operator=(const LentBytes&) = delete;
  ~LentBytes();

  /// A copy of `text`; no data where there is none.
  [[nodiscard]] study_string lend(std::string_view text);

  /// A copy of a struct of abi.h; `tail` follows it, and counts in its `struct_size`, as if it were
  /// of a later version.
  template <class Struct>
  [[nodiscard]] Struct* lend_struct(const Struct& object, std::string_view tail = {}) {
    return static_cast<Struct*>(lend_bytes(&object, sizeof object, tail));
  }

  /// The call has returned. Addresses are never used again.
  void take_back();

 private:
  struct Region {
    std::byte* pages;
    std::size_t size;
  };

  [[nodiscard]] std::byte* allocate(std::size_t size);
  [[nodiscard]] void* lend_bytes(const void* object, std::size_t size, std::string_view tail);

  Lending lending_;
  std::vector<Region> lent_;
  std::vector<Region> taken_;
};

}  // namespace plugin_check
