#pragma once

#include <cstddef>
#include <cstdint>

/// The largest of everything that is read from outside. Each has an error of its own.
namespace steelyard::limits {

inline constexpr std::size_t event_line_bytes_max = 1'048'576;  ///< Above: too_large.
inline constexpr std::size_t json_depth_max = 16;               ///< Above: malformed_json.
inline constexpr std::size_t id_characters_max = 128;           ///< id, source, subject, …

/// The largest integer that every JSON reader keeps exactly: 2^53 - 1 (RFC 8259, 6).
inline constexpr std::uint64_t count_max = (std::uint64_t{1} << 53) - 1;

/// Of a price for its `per` tokens: 2^53 tokens at it still fit into a Decimal.
inline constexpr std::int64_t token_price_max = 100'000'000;

inline constexpr std::size_t price_file_bytes_max = std::size_t{64} * 1024 * 1024;
inline constexpr std::size_t yaml_file_bytes_max = std::size_t{1024} * 1024;
inline constexpr std::size_t price_rows_max = 1'000'000;
inline constexpr std::size_t scenario_bytes_max = 1'048'576;

}  // namespace steelyard::limits
