#include "steelyard/identity/identity_file.h"

#include <gtest/gtest.h>

#include "steelyard/log/simulated_disk_for_tests.h"

namespace steelyard::identity {
namespace {

/// Keys whose first 64 bits agree stand in several blocks.
TEST(IdentityFile, finds_keys_that_crowd_together) {
  log::SimulatedDisk disk;
  auto writer = IdentityFileWriter::create(disk, "1.ids", 1'001);
  ASSERT_TRUE(writer.has_value());
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(writer->add({{5, i * 2}, i, i + 1}).has_value());
  }
  ASSERT_TRUE(writer->add({{~std::uint64_t{0}, 3}, 1, 2'000}).has_value());
  ASSERT_TRUE(writer->finish().has_value());
  const auto file = IdentityFile::open(disk, "1.ids");
  ASSERT_TRUE(file.has_value());
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const auto found = (*file)->find({5, i});
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->has_value(), i % 2 == 0) << i;
    if (i % 2 != 0) continue;
    EXPECT_EQ((*found)->sequence, i / 2 + 1);
  }
  EXPECT_EQ((*(*file)->find({~std::uint64_t{0}, 3}))->sequence, 2'000u);
  EXPECT_FALSE((*(*file)->find({0, 0})).has_value());
}

}  // namespace
}  // namespace steelyard::identity
