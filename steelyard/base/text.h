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

/// "a, b, c".
std::string joined(std::span<const std::string_view> words, std::string_view between = ", ");

}  // namespace steelyard::base
