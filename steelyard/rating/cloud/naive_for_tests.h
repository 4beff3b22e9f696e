#pragma once

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "steelyard/base/time.h"

/// The meters once more: slow, obvious, exact, from the set of all facts; no state is kept.
namespace steelyard::rating::cloud::naive {

using Exact = boost::multiprecision::cpp_rational;
using Whole = boost::multiprecision::cpp_int;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t hour = 3'600 * second;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t shanghai = 8 * hour;  ///< Since 1991 without a change of the clocks.

struct Usage {
  std::string account;
  std::string resource;
  std::string spec;
  std::int64_t start = 0;  ///< Nanoseconds since 1970.
  std::int64_t end = 0;
  std::map<std::string, Exact> meters;

  /// As the windows of a gauge see it: a moment is in the window that it begins in.
  bool touches(std::int64_t from, std::int64_t to) const {
    return start == end ? from <= start && start < to : start < to && from < end;
  }
  /// As those of a counter do: it counts where its last instant lies.
  bool ends_in(std::int64_t from, std::int64_t to) const {
    const std::int64_t last = std::max(start, end - 1);
    return from <= last && last < to;
  }
};
using Usages = std::vector<Usage>;

inline std::ostream& operator<<(std::ostream& to, const Usage& usage) {
  to << usage.account << '/' << usage.resource << ' ' << usage.spec << ' ' << usage.start << ".."
     << usage.end;
  for (const auto& [meter, value] : usage.meters) to << ' ' << meter << ' ' << value;
  return to;
}

inline Usages with(const Usages& all, const std::string& meter) {
  Usages result;
  std::ranges::copy_if(all, std::back_inserter(result),
                       [&](const Usage& each) { return each.meters.contains(meter); });
  return result;
}

/// ∫ of the largest value, between all points where a fact begins or ends, in unit × ns.
inline Exact integral(const Usages& all, const std::string& meter, std::int64_t from,
                      std::int64_t to) {
  std::vector<std::int64_t> points{from, to};
  for (const Usage& each : all) {
    points.push_back(std::clamp(each.start, from, to));
    points.push_back(std::clamp(each.end, from, to));
  }
  std::ranges::sort(points);
  Exact area = 0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    Exact top = 0;
    for (const Usage& each : with(all, meter)) {
      if (each.start <= points[i] && points[i + 1] <= each.end) {
        top = std::max(top, each.meters.at(meter));
      }
    }
    area += top * (points[i + 1] - points[i]);
  }
  return area;
}

/// The values in the window, the largest first.
inline std::vector<Exact> ranked(const Usages& all, const std::string& meter, std::int64_t from,
                                 std::int64_t to) {
  std::vector<Exact> values;
  for (const Usage& each : with(all, meter)) {
    if (each.touches(from, to)) values.push_back(each.meters.at(meter));
  }
  std::ranges::sort(values, std::greater<>());
  return values;
}

inline Exact sum(const Usages& all, const std::string& meter, std::int64_t from, std::int64_t to) {
  Exact result = 0;
  for (const Usage& each : with(all, meter)) {
    if (each.ends_in(from, to)) result += each.meters.at(meter);
  }
  return result;
}

/// Requires: not negative.
inline Exact rounded_up(const Exact& q) {
  const Whole n = numerator(q);
  const Whole d = denominator(q);
  return Exact((n + d - 1) / d);
}

/// Half up at the twelfth decimal, as a count of 10^-12. Requires: not negative.
inline Whole written(const Exact& amount) {
  const Exact scaled = amount * Exact(Whole("1000000000000")) + Exact(1, 2);
  return numerator(scaled) / denominator(scaled);
}

}  // namespace steelyard::rating::cloud::naive
