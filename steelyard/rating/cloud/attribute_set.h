#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace steelyard::rating::cloud {

/// What a fact says of all attributes of its code, in one text: facts say few different things of
/// them again and again, and two sets are compared at once.
struct AttributeSet {
  std::uint64_t hash = 0;
  std::string packed;  ///< Equal where the codes and all texts are.

  /// Makes it that of a fact. `texts`: by number of the attribute; empty: absent.
  void pack(std::uint16_t code, std::span<const std::string_view> texts);
};

}  // namespace steelyard::rating::cloud
