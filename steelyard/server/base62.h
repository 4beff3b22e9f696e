#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace steelyard::server {

/// Bytes as a big-endian number in base 62 (0-9, A-Z, a-z), with leading zeros up to
/// `characters`. Requires: it fits: 43 characters hold 32 bytes, 6 hold 4.
std::string to_base62(std::span<const unsigned char> bytes, std::size_t characters);

bool is_base62(std::string_view text);

}  // namespace steelyard::server
