/// Memory that is wanted for something else.
#pragma once

namespace study {

/// Empties a container. Neither `clear()` nor `= {}`, which takes an initializer list, give back
/// what a vector has room for.
template <class Container>
void free_memory_of(Container& container) {
  Container().swap(container);
}

}  // namespace study
