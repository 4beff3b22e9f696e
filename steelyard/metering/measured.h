#pragma once

#include <cstdint>
#include <vector>

#include "steelyard/metering/rule.h"
#include "steelyard/money/rational.h"

namespace steelyard::metering {

/// Nanoseconds within one window. A month has 2.7·10^15.
using Nanoseconds = std::int64_t;

/// A part of a fact that lies in one window.
struct Sample {
  Nanoseconds from = 0;  ///< Since the window's start.
  Nanoseconds to = 0;    ///< Half-open; a counter's are not used.
  money::Rational value;
};

/// What one dimension of one scope has measured in one window: a function of the set of its
/// samples, kept so that adding one costs no look at the others, but for samples that hold at
/// the same time, and for `rank`. A gauge that is reported again and again at one value takes
/// the room of one sample.
class Measured {
 public:
  enum class Added : std::uint8_t {
    alone,
    overlapping,  ///< Gauges only: at each instant the larger value counts.
    too_large,    ///< The sum does not fit into 128 bits; nothing was added.
  };
  Added add(const Dim& dim, const Sample& sample);

  /// Takes a sample back. Requires: it was added.
  void remove(const Dim& dim, const Sample& sample);

  /// The quantity, in units of `dim.unit` for integral and up. `window_length` is that of the
  /// window; it decides `waive: inside_window`.
  money::Rational quantity(const Dim& dim, Nanoseconds window_length) const;

  bool is_empty() const { return count_ == 0; }

  /// Brings what the next sample will meet into the cache.
  void prefetch() const {
    if (!samples_.empty()) __builtin_prefetch(&samples_.back(), 1);
  }
  std::size_t bytes() const { return samples_.capacity() * sizeof(Sample); }

 private:
  money::Rational area_between(const Dim& dim, Nanoseconds from, Nanoseconds to) const;
  std::size_t first_overlap(Nanoseconds from) const;
  void insert(const Dim& dim, const Sample& sample, bool overlaps);
  void erase(const Dim& dim, const Sample& sample);

  money::Rational total_;  // sum: of values. integral, up: of value × nanoseconds. max: the top.
  std::uint32_t count_ = 0;
  Nanoseconds longest_ = 0;      // Of the samples: bounds the search for overlaps.
  Nanoseconds end_ = 0;          // Nothing was ever added behind it.
  std::vector<Sample> samples_;  // By start, then end; what holds on is one. Not for sum.
};

}  // namespace steelyard::metering
