#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::base {

/// Whether a text is valid UTF-8 (RFC 3629) without NUL.
bool is_utf8(std::string_view text);

/// The candidate that is closest to a mistyped word, or empty if none is close: at most a
/// third of its letters have to change.
std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

/// Lower-case hexadecimal, two digits for a byte.
std::string hex_of(std::span<const unsigned char> bytes);

/// Reads lower-case hexadecimal of exactly so many bytes. False, and `bytes` may have changed, for
/// everything else.
[[nodiscard]] bool read_hex(std::string_view text, std::span<unsigned char> bytes);

/// "a, b, c".
std::string joined(std::span<const std::string_view> words, std::string_view between = ", ");

}  // namespace steelyard::base
