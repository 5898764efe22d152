/// CRC-32C, the checksum of RFC 3720 (iSCSI), ext4 and others: polynomial 0x1EDC6F41, reflected,
/// starting from and inverted with 0xFFFFFFFF. Its check value, that of `123456789`, is E3069283.
#pragma once

#include <cstdint>
#include <string_view>

namespace study::journal {

/// By the processor's instruction where it has one.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

/// The same on any processor.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes);

}  // namespace study::journal
