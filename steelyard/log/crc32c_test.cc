#include "steelyard/log/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace steelyard::log {
namespace {

/// RFC 3720, B.4.
TEST(Crc32c, gives_the_examples_of_the_rfc) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(Crc32c, is_the_same_with_and_without_the_instruction_and_in_parts) {
  std::mt19937_64 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(crc32c(bytes), crc32c_by_table(bytes)) << size;
    const std::string_view text = bytes;
    const std::size_t half = size / 2;
    EXPECT_EQ(crc32c(text.substr(half), crc32c(text.substr(0, half))), crc32c(bytes)) << size;
  }
}

}  // namespace
}  // namespace steelyard::log
