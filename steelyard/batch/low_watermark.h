#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace steelyard::batch {

/// How far a stream of usage has come: the earliest second among the latest facts. One fact that is
/// dated in the future moves it by nothing, one from the past holds it back for a while only.
class LowWatermark {
 public:
  static constexpr std::size_t block_facts = 1'000;
  static constexpr std::size_t blocks = 10;

  /// To be told of each fact, in the order in which they come.
  void note(std::int64_t second) {
    earliest_of_block_ = std::min(earliest_of_block_, second);
    if (++facts_ % block_facts != 0) return;
    earliest_[facts_ / block_facts % blocks] = earliest_of_block_;
    earliest_of_block_ = never;
  }

  /// None before there were enough facts to tell.
  std::optional<std::int64_t> second() const {
    if (facts_ < block_facts * blocks) return std::nullopt;
    return std::min(*std::ranges::min_element(earliest_), earliest_of_block_);
  }

  std::uint64_t facts() const { return facts_; }

 private:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  std::array<std::int64_t, blocks> earliest_{};  // Of the latest full blocks.
  std::int64_t earliest_of_block_ = never;       // Of the one that is being filled.
  std::uint64_t facts_ = 0;
};

}  // namespace steelyard::batch
