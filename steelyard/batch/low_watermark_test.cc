#include "steelyard/batch/low_watermark.h"

#include <gtest/gtest.h>

namespace steelyard::batch {
namespace {

constexpr int enough = LowWatermark::block_facts * LowWatermark::blocks;

TEST(LowWatermark, is_the_eleventh_of_the_thousand_that_came_earliest) {
  LowWatermark mark;
  for (int i = 0; i < enough - 1; ++i) mark.note(1'000 + i);
  EXPECT_EQ(mark.second(), std::nullopt);
  mark.note(1'000 + enough);
  EXPECT_EQ(mark.second(), 1'010);
  for (int i = 0; i < enough; ++i) mark.note(5'000'000 - i);
  EXPECT_EQ(mark.second(), 5'000'000 - (enough - 1) + 10);
}

TEST(LowWatermark, a_fact_from_the_future_moves_it_by_nothing) {
  LowWatermark mark;
  for (int i = 0; i < enough; ++i) mark.note(i == 77 ? 1'000'000'000 : 1'000);
  EXPECT_EQ(mark.second(), 1'000);
}

TEST(LowWatermark, few_facts_from_the_past_hold_nothing_back_and_more_do) {
  LowWatermark mark;
  for (int i = 0; i < enough; ++i) mark.note(i % 100 == 0 ? 3 : 2'000);
  EXPECT_EQ(mark.second(), 2'000);
  for (int i = 0; i < enough; ++i) mark.note(i % 90 == 0 ? 3 : 2'000);
  EXPECT_EQ(mark.second(), 3);
  for (int i = 0; i < enough; ++i) mark.note(2'000);
  EXPECT_EQ(mark.second(), 2'000);
}

}  // namespace
}  // namespace steelyard::batch
