#include "postgres/binary_row.hpp"

#include "postgres/stored_text.hpp"

namespace study::postgres {
namespace {

/// PostgreSQL counts microseconds from here.
constexpr Timestamp kEpoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
constexpr Timestamp kEarliest = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr Timestamp kEnd =
    std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + std::chrono::days(1);

/// Appends the `size` low bytes of `value` in network byte order.
void append_big_endian(std::string& out, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xff);
  }
}

[[nodiscard]] std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

BinaryRow& BinaryRow::add(std::string_view bytes) {
  fields_.push_back({bytes_.size(), static_cast<std::int32_t>(bytes.size())});
  bytes_ += bytes;
  return *this;
}

BinaryRow& BinaryRow::null() {
  fields_.push_back({bytes_.size(), -1});
  return *this;
}

BinaryRow& BinaryRow::int4(std::int32_t value) {
  fields_.push_back({bytes_.size(), 4});
  append_big_endian(bytes_, static_cast<std::uint32_t>(value), 4);
  return *this;
}

BinaryRow& BinaryRow::int8(std::int64_t value) {
  fields_.push_back({bytes_.size(), 8});
  append_big_endian(bytes_, static_cast<std::uint64_t>(value), 8);
  return *this;
}

BinaryRow& BinaryRow::text(std::string_view value) {
  return add(to_stored(value));
}

BinaryRow& BinaryRow::optional_text(const std::optional<std::string_view>& value) {
  return value ? text(*value) : null();
}

BinaryRow& BinaryRow::time(Timestamp value) {
  return int8((value - kEpoch).count());
}

BinaryRow& BinaryRow::time(const std::optional<Timestamp>& value) {
  return value ? time(*value) : null();
}

std::vector<const char*> BinaryRow::values() const {
  std::vector<const char*> result;
  result.reserve(fields_.size());
  for (const Field& field : fields_) {
    result.push_back(field.size < 0 ? nullptr : bytes_.data() + field.begin);
  }
  return result;
}

std::vector<int> BinaryRow::lengths() const {
  std::vector<int> result;
  result.reserve(fields_.size());
  for (const Field& field : fields_) result.push_back(field.size < 0 ? 0 : field.size);
  return result;
}

void BinaryRow::append_copy_row(std::string& out) const {
  append_big_endian(out, fields_.size(), 2);
  for (const Field& field : fields_) {
    append_big_endian(out, static_cast<std::uint32_t>(field.size), 4);
    if (field.size > 0) out.append(bytes_, field.begin, static_cast<std::size_t>(field.size));
  }
}

void append_copy_header(std::string& out) {
  // Signature, flags, length of the header's extension.
  out += std::string_view("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
}

void append_copy_trailer(std::string& out) {
  out += "\xff\xff";
}

std::int32_t decode_int4(std::string_view bytes) {
  return static_cast<std::int32_t>(read_big_endian(bytes));
}

std::int64_t decode_int8(std::string_view bytes) {
  return static_cast<std::int64_t>(read_big_endian(bytes));
}

std::optional<Timestamp> decode_time(std::string_view bytes) {
  const std::int64_t microseconds = decode_int8(bytes);
  if (microseconds < (kEarliest - kEpoch).count() || microseconds >= (kEnd - kEpoch).count()) {
    return std::nullopt;
  }
  return kEpoch + std::chrono::microseconds(microseconds);
}

}  // namespace study::postgres
