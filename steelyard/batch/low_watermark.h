#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace steelyard::batch {

/// How far a stream of usage has come: the second behind which nearly all of the latest facts
/// stand. Of each thousand, ten may stand before it: facts of a clock that is wrong hold nothing
/// back, and no fact from the future moves it.
class LowWatermark {
 public:
  static constexpr std::size_t block_facts = 1'000;
  static constexpr std::size_t blocks = 10;
  static constexpr std::size_t left_out = 10;  ///< The earliest of a block.

  /// To be told of each fact, in the order in which they come.
  void note(std::int64_t second) {
    if (second < earliest_.back()) {
      earliest_.back() = second;
      for (std::size_t i = left_out; i > 0 && earliest_[i] < earliest_[i - 1]; --i) {
        std::swap(earliest_[i], earliest_[i - 1]);
      }
    }
    if (++facts_ % block_facts != 0) return;
    of_block_[facts_ / block_facts % blocks] = earliest_.back();
    earliest_.fill(never);
  }

  /// Of the latest full blocks; none before there were enough facts to tell.
  std::optional<std::int64_t> second() const {
    if (facts_ < block_facts * blocks) return std::nullopt;
    return *std::ranges::min_element(of_block_);
  }

  std::uint64_t facts() const { return facts_; }

 private:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  static constexpr std::array<std::int64_t, left_out + 1> nothing = [] {
    std::array<std::int64_t, left_out + 1> array{};
    array.fill(never);
    return array;
  }();

  std::array<std::int64_t, left_out + 1> earliest_ = nothing;  // Of the block so far, rising.
  std::array<std::int64_t, blocks> of_block_{};
  std::uint64_t facts_ = 0;
};

}  // namespace steelyard::batch
