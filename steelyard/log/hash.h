#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace steelyard::log {

/// SHA-256 of everything a frame says, the hash of the frame before it included.
using Hash = std::array<unsigned char, 32>;

Hash sha256(std::string_view bytes);

/// Lower-case hexadecimal: 64 characters.
std::string to_text(const Hash& hash);

}  // namespace steelyard::log
