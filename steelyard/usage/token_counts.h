#pragma once

#include <cstdint>
#include <optional>

namespace steelyard::usage {

/// What one model call used, in classes that do not overlap. Every wire format is turned
/// into this, so that nothing behind it asks which count includes which.
/// Each count is at most limits::count_max, and so is the sum of the inputs.
struct TokenCounts {
  std::uint64_t input = 0;          ///< Neither read from a cache nor written to one.
  std::uint64_t cached_input = 0;   ///< Read from a cache.
  std::uint64_t written_input = 0;  ///< Written to a cache, whatever its lifetime.
  std::uint64_t output = 0;         ///< With the reasoning part.

  /// The part of `output` that was reasoning. None: this usage does not report it, which
  /// is not the same as 0 (token-billing rule D12).
  std::optional<std::uint64_t> reasoning;

  /// What chooses the price tier: the whole prompt of the one call (D3).
  constexpr std::uint64_t total_input() const { return input + cached_input + written_input; }

  constexpr bool operator==(const TokenCounts&) const = default;
};

}  // namespace steelyard::usage
