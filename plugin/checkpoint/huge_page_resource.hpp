/// Memory for what is large and looked at in random places.
#pragma once

#include <memory_resource>

namespace study::checkpoint {

/// Blocks of 1 MiB and more come in huge pages, where the system has some: with small ones, each
/// random access to a large table costs a walk through cold page tables beside the cache miss
/// itself. A block below 2 MiB takes 2 MiB then, a larger one no more than it needs. All else comes
/// from the heap.
[[nodiscard]] std::pmr::memory_resource& huge_page_resource();

}  // namespace study::checkpoint
