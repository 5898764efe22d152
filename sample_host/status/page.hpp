/// Lines that fit a width.
#pragma once

#include "terminal/columns.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace host {

class Page {
 public:
  explicit Page(std::size_t width) : width_(width) {}

  void line(std::string_view text) { text_.append(fit_columns(text, width_)).append("\n"); }
  /// For what is of no use when it is cut.
  void whole_line(std::string_view text) { text_.append(text).append("\n"); }

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::size_t width_;
  std::string text_;
};

}  // namespace host
