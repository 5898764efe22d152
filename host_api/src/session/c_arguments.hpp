/// What crosses session.h: arguments that are looked at before they are used, exceptions as
/// statuses, texts in memory that the caller frees.
#pragma once

#include "boundary/abi_text.hpp"

#include <study/abi.h>
#include <study/error.hpp>
#include <study/session.h>
#include <study/session.hpp>
#include <study/text.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace study {

/// The caller's text. Throws `InputError` for one that can't be.
[[nodiscard]] inline std::string_view text_of(study_string text, std::string_view what) {
  const auto view = from_abi(text);
  if (!view) throw InputError(std::string(what) + " has a size but no data");
  return *view;
}
[[nodiscard]] inline std::string_view utf8_of(study_string text, std::string_view what) {
  const std::string_view view = text_of(text, what);
  if (!is_valid_utf8(view)) throw InputError(std::string(what) + " is not UTF-8");
  return view;
}

template <class Struct, class Member>
Struct& checked(Struct* object, Member std::remove_const_t<Struct>::*last, const char* what) {
  if (object == nullptr) throw InputError(std::string(what) + " is NULL");
  if (!covers(*object, last)) throw InputError(std::string(what) + ": struct_size is too small");
  return *object;
}

template <class Value>
Value& checked(Value* place, const char* what) {
  if (place == nullptr) throw InputError(std::string(what) + " is NULL");
  return *place;
}

[[nodiscard]] inline std::string message_of(const DesignChanged& change) {
  std::string message = change.what();
  for (const std::string& line : change.account()) message += "\n" + line;
  return message;
}

/// Runs `body` and turns everything it throws into a status. The end of the road for exceptions.
template <class Body>
std::int32_t guarded(study_error* error, const Body& body) noexcept {
  const auto fail = [&](std::int32_t status, std::string_view message) {
    write_error(error, message);
    return status;
  };
  try {
    body();
    return STUDY_OK;
  } catch (const DesignChanged& exception) {
    return fail(STUDY_DESIGN_CHANGED, message_of(exception));
  } catch (const InputError& exception) {
    return fail(STUDY_BAD_OPTIONS, exception.what());
  } catch (const EventIgnored& exception) {
    return fail(STUDY_IGNORED, exception.what());
  } catch (const std::bad_alloc&) {
    return fail(STUDY_FAILED, "out of memory");
  } catch (const std::exception& exception) {
    return fail(STUDY_FAILED, exception.what());
  } catch (...) {
    return fail(STUDY_FAILED, "something that is not a std::exception was thrown");
  }
}

/// Copies of texts, one behind the other, in memory that the caller frees.
class TextsForCaller {
 public:
  explicit TextsForCaller(std::initializer_list<std::string_view> texts) {
    std::size_t size = 1;
    for (const std::string_view text : texts) size += text.size();
    memory_ = static_cast<char*>(std::malloc(size));
    if (memory_ == nullptr) throw std::bad_alloc();
    next_ = memory_;
    texts_ = texts;
    texts_at_ = texts_.begin();
  }
  [[nodiscard]] study_string next() {
    const std::string_view text = *texts_at_++;
    std::memcpy(next_, text.data(), text.size());
    const study_string copy{next_, text.size()};
    next_ += text.size();
    return copy;
  }
  [[nodiscard]] void* memory() const { return memory_; }

 private:
  char* memory_ = nullptr;
  char* next_ = nullptr;
  std::vector<std::string_view> texts_;
  std::vector<std::string_view>::iterator texts_at_;
};

}  // namespace study
