#include "steelyard/log/frame.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace steelyard::log {
namespace {

constexpr StoreId some_store = {0x5a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

std::string built(const ChainPoint& at, ChainPoint& next) {
  Batch first;
  first.add("one");
  first.add("");
  Batch second;
  second.add("three");
  FrameBuilder builder(some_store);
  builder.add(first);
  builder.add(second);
  return std::string(builder.build(at, next));
}

TEST(Frame, gives_back_the_records_of_all_batches_in_order) {
  const ChainPoint at{7, 90'211, sha256("before")};
  ChainPoint next;
  const std::string bytes = built(at, next);
  const auto header = decode_header(bytes, some_store);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->at, at);
  EXPECT_EQ(header->frame_bytes(), bytes.size());
  EXPECT_EQ(fault_in_frame(*header, bytes, Depth::hash), std::nullopt);
  const FrameRecords records(*header, bytes);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0], "one");
  EXPECT_EQ(records[1], "");
  EXPECT_EQ(records[2], "three");
  EXPECT_EQ(next, (ChainPoint{8, 90'214, hash_of_frame(*header, bytes)}));
}

/// The bytes as docs/reference/log-format.md tells them, put together by hand.
TEST(Frame, has_the_documented_bytes) {
  ChainPoint next;
  const std::string bytes = built({1, 1, {}}, next);
  ASSERT_EQ(bytes.size(), 512u);
  const std::string store(some_store.begin(), some_store.end());
  std::string header = "SYFRAME\n" + store;
  header += std::string("\1\0\0\0\3\0\0\0", 8);
  header += std::string("\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 16);
  header += std::string(32, '\0');
  header += std::string("\x14\0\0\0", 4);
  EXPECT_EQ(bytes.substr(0, 84), header);
  EXPECT_EQ(bytes.substr(88, 12), std::string("\3\0\0\0\3\0\0\0\x8\0\0\0", 12));
  EXPECT_EQ(bytes.substr(100, 8), "onethree");
  const Hash hash = sha256(bytes.substr(0, 108));
  EXPECT_EQ(bytes.substr(112, 32), std::string(hash.begin(), hash.end()));
  EXPECT_EQ(bytes.substr(144), std::string(512 - 144, '\0'));
}

TEST(Frame, a_flip_of_any_bit_is_found) {
  ChainPoint next;
  const std::string bytes = built({1, 1, {}}, next);
  for (std::size_t bit = 0; bit < 144 * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const auto header = decode_header(flipped, some_store);
    if (!header.has_value()) continue;
    EXPECT_TRUE(fault_in_frame(*header, flipped, Depth::hash).has_value()) << bit;
  }
}

TEST(Frame, of_another_store_or_another_place_is_refused) {
  ChainPoint next;
  const std::string bytes = built({3, 5, {}}, next);
  StoreId other = some_store;
  other[15] = 0;
  EXPECT_EQ(decode_header(bytes, other).error(), FrameFault::store);
  const auto header = decode_header(bytes, some_store);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(fault_in_chain(*header, {3, 5, {}}), std::nullopt);
  EXPECT_EQ(fault_in_chain(*header, {2, 5, {}}), FrameFault::frame_number);
  EXPECT_EQ(fault_in_chain(*header, {3, 6, {}}), FrameFault::sequence);
  EXPECT_EQ(fault_in_chain(*header, {3, 5, sha256("")}), FrameFault::previous_hash);
}

TEST(Frame, whose_records_end_elsewhere_is_refused) {
  for (const std::vector<std::uint32_t>& ends :
       {std::vector<std::uint32_t>{4}, {2}, {3, 2, 3}, {4'000'000'000, 3}}) {
    const Batch wrong{"abc", ends};
    FrameBuilder builder(some_store);
    builder.add(wrong);
    ChainPoint next;
    const std::string_view bytes = builder.build({1, 1, {}}, next);
    const auto header = decode_header(bytes, some_store);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(fault_in_frame(*header, bytes, Depth::hash), FrameFault::record_ends);
  }
}

TEST(Frame, that_ends_early_or_is_not_there_says_so) {
  ChainPoint next;
  const std::string bytes = built({1, 1, {}}, next);
  EXPECT_EQ(decode_header(bytes.substr(0, 87), some_store).error(), FrameFault::ends_early);
  EXPECT_EQ(decode_header(std::string(512, '\0'), some_store).error(), FrameFault::no_frame);
  const auto header = decode_header(bytes, some_store);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(fault_in_frame(*header, bytes.substr(0, 143), Depth::hash), FrameFault::ends_early);
}

}  // namespace
}  // namespace steelyard::log
