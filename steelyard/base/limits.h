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

inline constexpr std::size_t price_file_bytes_max = 64 * 1024 * 1024;
inline constexpr std::size_t price_line_bytes_max = 65'536;
inline constexpr std::size_t price_rows_max = 1'000'000;
inline constexpr std::size_t scenario_bytes_max = 1'048'576;

}  // namespace steelyard::limits
