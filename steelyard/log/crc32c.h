#pragma once

#include <cstdint>
#include <string_view>

namespace steelyard::log {

/// The CRC of iSCSI (RFC 3720, Castagnoli polynomial) of `bytes`, or of what `crc` covers
/// followed by them. It finds every flip of up to three bits and every burst of 32.
///
/// Ours, because the processor has an instruction for it (SSE4.2, several GB/s from one short
/// loop) and zlib only knows the other polynomial. The table is for processors without it.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);

/// The same without the instruction.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t crc = 0);

}  // namespace steelyard::log
