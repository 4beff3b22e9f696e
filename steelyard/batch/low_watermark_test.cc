#include "steelyard/batch/low_watermark.h"

#include <gtest/gtest.h>

namespace steelyard::batch {
namespace {

constexpr int enough = LowWatermark::block_facts * LowWatermark::blocks;

TEST(LowWatermark, is_the_earliest_of_the_latest_facts) {
  LowWatermark mark;
  for (int i = 0; i < enough - 1; ++i) mark.note(1'000 + i);
  EXPECT_EQ(mark.second(), std::nullopt);
  mark.note(1'000 + enough);
  EXPECT_EQ(mark.second(), 1'000);
  for (int i = 0; i < enough; ++i) mark.note(5'000'000 - i);
  EXPECT_EQ(mark.second(), 5'000'001 - enough);
}

TEST(LowWatermark, a_fact_from_the_future_moves_it_by_nothing) {
  LowWatermark mark;
  for (int i = 0; i < enough; ++i) mark.note(i == 77 ? 1'000'000'000 : 1'000);
  EXPECT_EQ(mark.second(), 1'000);
}

TEST(LowWatermark, a_fact_from_the_past_holds_it_back_for_a_while) {
  LowWatermark mark;
  for (int i = 0; i < enough; ++i) mark.note(1'000);
  mark.note(3);
  EXPECT_EQ(mark.second(), 3);
  for (int i = 0; i < enough; ++i) mark.note(2'000);
  EXPECT_EQ(mark.second(), 3);
  for (std::size_t i = 0; i < LowWatermark::block_facts; ++i) mark.note(2'000);
  EXPECT_EQ(mark.second(), 2'000);
}

}  // namespace
}  // namespace steelyard::batch
