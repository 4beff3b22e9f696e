#include "steelyard/metering/measured.h"

#include <algorithm>

#include "steelyard/base/check.h"

namespace steelyard::metering {

using money::Rational;

namespace {

using Aggregate = Dim::Aggregate;

bool is_before(const Sample& a, const Sample& b) {
  return a.from != b.from ? a.from < b.from : a.to < b.to;
}

bool is_area(const Dim& dim) {
  return dim.aggregate == Aggregate::integral || dim.aggregate == Aggregate::up;
}

bool is_sum(const Dim& dim) {
  return dim.aggregate == Aggregate::sum || dim.aggregate == Aggregate::attribute;
}

/// Whether nothing but the values at each instant decides the quantity, not how many samples
/// say them.
bool keeps_instants(const Dim& dim) { return is_area(dim) || dim.aggregate == Aggregate::max; }

/// Presence counts as 1, whatever the value.
Rational height(const Dim& dim, const Rational& value) {
  if (dim.aggregate != Aggregate::up) return value;
  return value.is_positive() ? Rational::whole(1) : Rational();
}

std::int64_t nanoseconds_of(TimeUnit unit) {
  constexpr std::int64_t second = 1'000'000'000;
  switch (unit) {
    case TimeUnit::second: return second;
    case TimeUnit::minute: return second * 60;
    case TimeUnit::hour: return second * 3'600;
    case TimeUnit::day: return second * 86'400;
  }
  return second;
}

}  // namespace

std::size_t Measured::first_overlap(Nanoseconds from) const {
  const Sample probe{from - longest_, 0, {}};
  return static_cast<std::size_t>(
      std::lower_bound(samples_.begin(), samples_.end(), probe, is_before) - samples_.begin());
}

/// ∫ of the largest value over [from, to): a sweep over the samples that reach into it.
Rational Measured::area_between(const Dim& dim, Nanoseconds from, Nanoseconds to) const {
  std::vector<const Sample*> inside;
  std::vector<Nanoseconds> edges{from, to};
  for (std::size_t i = first_overlap(from); i < samples_.size() && samples_[i].from < to; ++i) {
    if (samples_[i].to <= from) continue;
    inside.push_back(&samples_[i]);
    edges.push_back(std::max(from, samples_[i].from));
    edges.push_back(std::min(to, samples_[i].to));
  }
  if (inside.empty()) return {};
  std::ranges::sort(edges);
  Rational area;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    if (edges[i] == edges[i + 1]) continue;
    Rational top;
    for (const Sample* each : inside) {
      if (each->from <= edges[i] && edges[i + 1] <= each->to) {
        top = money::max(top, height(dim, each->value));
      }
    }
    area += top * Rational::whole(edges[i + 1] - edges[i]);
  }
  return area;
}

void Measured::insert(const Dim& dim, const Sample& sample, bool overlaps) {
  longest_ = std::max(longest_, sample.to - sample.from);
  end_ = std::max(end_, sample.to);
  auto at = samples_.empty() || !is_before(sample, samples_.back())
                ? samples_.end()
                : std::upper_bound(samples_.begin(), samples_.end(), sample, is_before);
  // What holds on is one sample: nothing but its value at each instant counts.
  if (keeps_instants(dim) && !overlaps && at != samples_.begin() && sample.from < sample.to) {
    Sample& earlier = *(at - 1);
    if (earlier.to == sample.from && earlier.from < earlier.to && earlier.value == sample.value) {
      earlier.to = sample.to;
      longest_ = std::max(longest_, earlier.to - earlier.from);
      return;
    }
  }
  samples_.insert(at, sample);
}

Measured::Added Measured::add(const Dim& dim, const Sample& sample) {
  if (is_sum(dim)) {
    const Rational total = total_ + sample.value;
    if (total.is_too_large()) return Added::too_large;
    total_ = total;
    ++count_;
    return Added::alone;
  }
  bool overlaps = false;
  if (sample.from < end_) {
    for (std::size_t i = first_overlap(sample.from);
         i < samples_.size() && samples_[i].from < sample.to; ++i) {
      overlaps |= samples_[i].to > sample.from;
    }
  }
  if (is_area(dim)) {
    Rational added;
    if (overlaps) {
      const Rational before = area_between(dim, sample.from, sample.to);
      insert(dim, sample, overlaps);
      added = area_between(dim, sample.from, sample.to) - before;
    } else {
      added = height(dim, sample.value) * Rational::whole(sample.to - sample.from);
    }
    const Rational total = total_ + added;
    if (total.is_too_large()) {
      if (overlaps) erase(dim, sample);
      return Added::too_large;
    }
    total_ = total;
    if (!overlaps) insert(dim, sample, overlaps);
  } else {
    if (dim.aggregate == Aggregate::max) total_ = money::max(total_, sample.value);
    insert(dim, sample, overlaps);
  }
  ++count_;
  return overlaps ? Added::overlapping : Added::alone;
}

/// One that was added may have been joined with others, or be covered by several pieces: what
/// must stay is how many of its value hold at each instant.
void Measured::erase(const Dim& dim, const Sample& sample) {
  Nanoseconds from = sample.from;
  const bool is_cut = keeps_instants(dim) && sample.from < sample.to;
  do {
    const auto holds_there = [&](const Sample& each) {
      if (!is_cut) {
        return each.from == sample.from && each.to == sample.to && each.value == sample.value;
      }
      return each.from <= from && from < each.to && each.value == sample.value;
    };
    const auto at =
        std::find_if(samples_.begin() + static_cast<std::ptrdiff_t>(first_overlap(from)),
                     samples_.end(), holds_there);
    STEELYARD_CHECK(at != samples_.end());
    const Sample found = *at;
    samples_.erase(at);
    if (!is_cut) return;
    const Nanoseconds to = std::min(sample.to, found.to);
    for (const Sample& rest :
         {Sample{found.from, from, found.value}, Sample{to, found.to, found.value}}) {
      if (rest.from == rest.to) continue;
      samples_.insert(std::upper_bound(samples_.begin(), samples_.end(), rest, is_before), rest);
    }
    from = to;
  } while (from < sample.to);
}

void Measured::remove(const Dim& dim, const Sample& sample) {
  STEELYARD_CHECK(count_ > 0);
  --count_;
  if (is_sum(dim)) {
    total_ += -sample.value;
    return;
  }
  const Rational before = is_area(dim) ? area_between(dim, sample.from, sample.to) : Rational();
  erase(dim, sample);
  if (is_area(dim)) total_ += area_between(dim, sample.from, sample.to) - before;
  if (dim.aggregate == Aggregate::max) {
    total_ = Rational();
    for (const Sample& each : samples_) total_ = money::max(total_, each.value);
  }
}

Rational Measured::quantity(const Dim& dim, Nanoseconds window_length) const {
  if (dim.is_waived_inside_window && !samples_.empty()) {
    const bool began_before = samples_.front().from == 0;
    const bool survived =
        std::ranges::any_of(samples_, [&](const Sample& each) { return each.to == window_length; });
    if (!began_before && !survived) return {};
  }
  switch (dim.aggregate) {
    case Aggregate::sum:
    case Aggregate::attribute:
    case Aggregate::max: return total_;
    case Aggregate::integral:
    case Aggregate::up: return total_ / Rational::whole(nanoseconds_of(dim.unit));
    case Aggregate::last: {
      const Sample* last = nullptr;
      for (const Sample& each : samples_) {
        if (last == nullptr || each.to > last->to ||
            (each.to == last->to && last->value < each.value)) {
          last = &each;
        }
      }
      return last == nullptr ? Rational() : last->value;
    }
    case Aggregate::rank: {
      std::size_t k = dim.rank_k;
      if (dim.rank_drop.has_value()) {
        const Rational dropped =
            *dim.rank_drop * Rational::whole(static_cast<std::int64_t>(samples_.size()));
        k = static_cast<std::size_t>(
                dropped.to_multiple(Rational::whole(1), money::Rounding::toward_zero).numerator()) +
            1;
      }
      if (k == 0 || k > samples_.size()) return {};
      std::vector<Rational> values;
      values.reserve(samples_.size());
      for (const Sample& each : samples_) values.push_back(each.value);
      std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(k - 1),
                               [](const Rational& a, const Rational& b) { return b < a; });
      return values[k - 1];
    }
  }
  return {};
}

}  // namespace steelyard::metering
