#include "steelyard/metering/measured.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace steelyard::metering {
namespace {

using money::Rational;
using Added = Measured::Added;

constexpr Nanoseconds minute = 60'000'000'000;
constexpr Nanoseconds hour = 60 * minute;

Dim dim_of(Dim::Aggregate aggregate, TimeUnit unit = TimeUnit::hour) {
  Dim dim;
  dim.aggregate = aggregate;
  dim.unit = unit;
  return dim;
}

/// Minutes of the hour.
Sample sample(Nanoseconds from, Nanoseconds to, std::int64_t value) {
  return {from * minute, to * minute, Rational::whole(value)};
}

std::string quantity(const Measured& measured, const Dim& dim) {
  return measured.quantity(dim, hour).to_text();
}

TEST(Measured, nothing_is_zero) {
  for (const auto aggregate : {Dim::Aggregate::sum, Dim::Aggregate::integral, Dim::Aggregate::up,
                               Dim::Aggregate::max, Dim::Aggregate::last, Dim::Aggregate::rank}) {
    const Measured measured;
    EXPECT_TRUE(measured.is_empty());
    EXPECT_EQ(quantity(measured, dim_of(aggregate)), "0");
  }
}

TEST(Measured, sum_adds_what_holds_at_the_same_time) {
  const Dim dim = dim_of(Dim::Aggregate::sum);
  Measured measured;
  EXPECT_EQ(measured.add(dim, sample(0, 10, 3)), Added::alone);
  EXPECT_EQ(measured.add(dim, sample(0, 10, 4)), Added::alone);
  EXPECT_EQ(quantity(measured, dim), "7");
  measured.remove(dim, sample(0, 10, 3));
  EXPECT_EQ(quantity(measured, dim), "4");
  EXPECT_EQ(measured.bytes(), 0U) << "a sum needs no samples";
}

TEST(Measured, a_value_that_holds_on_takes_the_room_of_one_sample) {
  const Dim dim = dim_of(Dim::Aggregate::integral);
  Measured measured;
  measured.add(dim, sample(0, 1, 6));
  const std::size_t bytes = measured.bytes();
  for (Nanoseconds i = 1; i < 60; ++i) {
    EXPECT_EQ(measured.add(dim, sample(i, i + 1, 6)), Added::alone);
  }
  EXPECT_EQ(measured.bytes(), bytes);
  EXPECT_EQ(quantity(measured, dim), "6");
  measured.remove(dim, sample(20, 21, 6));  // From the middle: two pieces are left.
  EXPECT_EQ(quantity(measured, dim), "59/10");
  EXPECT_EQ(measured.add(dim, sample(20, 21, 12)), Added::alone);
  EXPECT_EQ(quantity(measured, dim), "61/10");
}

/// Samples that were joined, split and joined again: the same as from the samples that are left.
TEST(Measured, pieces_count_as_the_samples_that_they_were) {
  std::mt19937_64 random(20'261'125);
  for (const auto aggregate : {Dim::Aggregate::integral, Dim::Aggregate::up, Dim::Aggregate::max,
                               Dim::Aggregate::last, Dim::Aggregate::rank}) {
    Dim dim = dim_of(aggregate);
    dim.rank_k = 2;
    for (int run = 0; run < 200; ++run) {
      dim.is_waived_inside_window = run % 2 == 0;
      Measured measured;
      std::vector<Sample> there;
      for (int step = 0; step < 40; ++step) {
        if (!there.empty() && random() % 3 == 0) {
          const std::size_t at = random() % there.size();
          measured.remove(dim, there[at]);
          there.erase(there.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
          const auto from = static_cast<Nanoseconds>(random() % 12);
          const auto to = from + static_cast<Nanoseconds>(random() % 4);
          there.push_back(sample(from * 5, std::min<Nanoseconds>(to, 12) * 5,
                                 static_cast<std::int64_t>(random() % 3)));
          measured.add(dim, there.back());
        }
        Measured anew;
        std::vector<Sample> shuffled = there;
        std::ranges::shuffle(shuffled, random);
        for (const Sample& each : shuffled) anew.add(dim, each);
        ASSERT_EQ(quantity(measured, dim), quantity(anew, dim));
      }
    }
  }
}

TEST(Measured, integral_counts_the_larger_value_where_samples_overlap) {
  const Dim dim = dim_of(Dim::Aggregate::integral);
  Measured measured;
  EXPECT_EQ(measured.add(dim, sample(0, 30, 2)), Added::alone);
  EXPECT_EQ(measured.add(dim, sample(30, 60, 4)), Added::alone) << "they only touch";
  EXPECT_EQ(quantity(measured, dim), "3");
  EXPECT_EQ(measured.add(dim, sample(20, 40, 3)), Added::overlapping);
  // 20 min × 2 + 10 × 3 + 30 × 4 = 190.
  EXPECT_EQ(quantity(measured, dim), "19/6");
  EXPECT_EQ(measured.add(dim, sample(0, 60, 1)), Added::overlapping) << "below all of it";
  EXPECT_EQ(quantity(measured, dim), "19/6");
}

TEST(Measured, integral_forgets_in_any_order) {
  const Dim dim = dim_of(Dim::Aggregate::integral, TimeUnit::minute);
  const std::vector<Sample> samples = {sample(0, 60, 1), sample(10, 20, 5), sample(15, 40, 3),
                                       sample(10, 20, 5)};
  // 10 × 1 + 10 × 5 + 20 × 3 + 20 × 1 = 140.
  Measured measured;
  for (const Sample& each : samples) (void)measured.add(dim, each);
  EXPECT_EQ(quantity(measured, dim), "140");
  measured.remove(dim, samples[1]);
  EXPECT_EQ(quantity(measured, dim), "140") << "the same sample was there twice";
  measured.remove(dim, samples[3]);
  EXPECT_EQ(quantity(measured, dim), "110");  // 15 + 25 × 3 + 20.
  measured.remove(dim, samples[0]);
  EXPECT_EQ(quantity(measured, dim), "75");
  measured.remove(dim, samples[2]);
  EXPECT_EQ(quantity(measured, dim), "0");
  EXPECT_TRUE(measured.is_empty());
}

TEST(Measured, a_long_sample_is_found_behind_many_short_ones) {
  const Dim dim = dim_of(Dim::Aggregate::up, TimeUnit::minute);
  Measured measured;
  (void)measured.add(dim, sample(0, 60, 1));
  for (Nanoseconds i = 0; i < 50; ++i) (void)measured.add(dim, sample(i, i + 1, 1));
  EXPECT_EQ(measured.add(dim, sample(55, 58, 1)), Added::overlapping);
  EXPECT_EQ(quantity(measured, dim), "60");
  measured.remove(dim, sample(0, 60, 1));
  EXPECT_EQ(quantity(measured, dim), "53");
}

TEST(Measured, a_moment_has_no_area_but_a_value) {
  Measured area;
  const Dim integral = dim_of(Dim::Aggregate::integral);
  EXPECT_EQ(area.add(integral, sample(10, 10, 9)), Added::alone);
  EXPECT_EQ(quantity(area, integral), "0");
  Measured top;
  const Dim max = dim_of(Dim::Aggregate::max);
  (void)top.add(max, sample(10, 10, 9));
  EXPECT_EQ(quantity(top, max), "9");
}

TEST(Measured, up_is_time_above_zero) {
  const Dim dim = dim_of(Dim::Aggregate::up, TimeUnit::second);
  Measured measured;
  (void)measured.add(dim, sample(0, 10, 7));
  (void)measured.add(dim, sample(10, 20, 0));
  (void)measured.add(dim, {20 * minute, 20 * minute + 1'500'000'000, Rational::ratio(1, 2)});
  EXPECT_EQ(quantity(measured, dim), "1203/2");
}

TEST(Measured, max_falls_when_its_sample_goes) {
  const Dim dim = dim_of(Dim::Aggregate::max);
  Measured measured;
  (void)measured.add(dim, sample(0, 10, 3));
  (void)measured.add(dim, sample(20, 30, 8));
  (void)measured.add(dim, sample(25, 30, 5));
  EXPECT_EQ(quantity(measured, dim), "8");
  measured.remove(dim, sample(20, 30, 8));
  EXPECT_EQ(quantity(measured, dim), "5");
}

TEST(Measured, last_is_what_ends_last_and_of_those_the_larger) {
  const Dim dim = dim_of(Dim::Aggregate::last);
  Measured measured;
  (void)measured.add(dim, sample(0, 30, 9));
  (void)measured.add(dim, sample(10, 50, 4));
  EXPECT_EQ(quantity(measured, dim), "4");
  (void)measured.add(dim, sample(40, 50, 6));
  EXPECT_EQ(quantity(measured, dim), "6");
  measured.remove(dim, sample(40, 50, 6));
  measured.remove(dim, sample(10, 50, 4));
  EXPECT_EQ(quantity(measured, dim), "9");
}

TEST(Measured, rank_is_the_kth_largest_with_equals_counted) {
  Dim dim = dim_of(Dim::Aggregate::rank);
  Measured measured;
  for (const std::int64_t value : {5, 9, 9, 7, 1}) (void)measured.add(dim, sample(0, 5, value));
  const char* const expected[] = {"9", "9", "7", "5", "1", "0"};
  for (std::uint32_t k = 1; k <= 6; ++k) {
    dim.rank_k = k;
    EXPECT_EQ(quantity(measured, dim), expected[k - 1]) << k;
  }
  dim.rank_k = 2;
  measured.remove(dim, sample(0, 5, 9));
  EXPECT_EQ(quantity(measured, dim), "7");
}

TEST(Measured, a_dropped_share_is_rounded_down) {
  Dim dim = dim_of(Dim::Aggregate::rank);
  dim.rank_drop = Rational::ratio(1, 20);
  Measured measured;
  for (std::int64_t value = 1; value <= 19; ++value) (void)measured.add(dim, sample(0, 5, value));
  EXPECT_EQ(quantity(measured, dim), "19") << "a twentieth of 19 samples is none";
  (void)measured.add(dim, sample(0, 5, 20));
  EXPECT_EQ(quantity(measured, dim), "19") << "of 20 samples the largest is dropped";
}

TEST(Measured, presence_inside_the_window_is_waived) {
  Dim dim = dim_of(Dim::Aggregate::up, TimeUnit::minute);
  dim.is_waived_inside_window = true;
  Measured measured;
  (void)measured.add(dim, sample(1, 59, 1));
  EXPECT_EQ(quantity(measured, dim), "0");
  (void)measured.add(dim, sample(59, 60, 1));
  EXPECT_EQ(quantity(measured, dim), "59") << "it outlives the window";
  measured.remove(dim, sample(59, 60, 1));
  (void)measured.add(dim, sample(0, 1, 1));
  EXPECT_EQ(quantity(measured, dim), "59") << "it is older than the window";
}

TEST(Measured, what_does_not_fit_is_not_added) {
  const Rational huge = Rational::whole(INT64_MAX) * Rational::whole(INT64_MAX);
  for (const auto aggregate : {Dim::Aggregate::sum, Dim::Aggregate::integral}) {
    const Dim dim = dim_of(aggregate);
    Measured measured;
    (void)measured.add(dim, sample(0, 60, 1));
    const std::string before = quantity(measured, dim);
    if (aggregate == Dim::Aggregate::sum) {
      EXPECT_EQ(measured.add(dim, {0, 1, huge}), Added::alone);
      EXPECT_EQ(measured.add(dim, {0, 1, huge}), Added::alone);
      EXPECT_EQ(measured.add(dim, {0, 1, huge}), Added::too_large) << "3 × 2^126";
      measured.remove(dim, {0, 1, huge});
      measured.remove(dim, {0, 1, huge});
    } else {
      EXPECT_EQ(measured.add(dim, {0, hour, huge}), Added::too_large);
    }
    EXPECT_EQ(quantity(measured, dim), before);
  }
}

}  // namespace
}  // namespace steelyard::metering
