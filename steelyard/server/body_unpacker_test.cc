#include "steelyard/server/body_unpacker.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "steelyard/server/packed_for_tests.h"

namespace steelyard::server {
namespace {

/// What comes out, or the word of the problem in angle brackets. Fed in pieces.
std::string unpack(std::string_view encoding, std::string_view packed,
                   const ServerLimits& limits = {}, std::size_t piece = 7) {
  auto unpacker = BodyUnpacker::of(encoding, limits);
  if (!unpacker.has_value()) return "<" + std::string(unpacker.error().row->word) + ">";
  std::string out;
  for (std::size_t at = 0; at < packed.size(); at += piece) {
    auto taken = (*unpacker)->take(packed.substr(at, piece), out);
    if (!taken.has_value()) return "<" + std::string(taken.error().row->word) + ">";
  }
  auto finished = (*unpacker)->finish();
  return finished.has_value() ? out : "<" + std::string(finished.error().row->word) + ">";
}

TEST(BodyUnpacker, gzip_and_zstd_are_unpacked) {
  const std::string text = "one line\nanother line\n";
  EXPECT_EQ(unpack("", text), text);
  EXPECT_EQ(unpack("Identity", text), text);
  EXPECT_EQ(unpack("gzip", gzipped(text)), text);
  EXPECT_EQ(unpack("X-GZIP", gzipped(text), {}, 1), text);
  EXPECT_EQ(unpack("zstd", zstandard(text), {}, 1), text);
  EXPECT_EQ(unpack("gzip", gzipped("")), "");
  std::string large;
  for (int i = 0; i < 50'000; ++i) large += std::to_string(i * 7919);
  EXPECT_EQ(unpack("gzip", gzipped(large), {}, 4096), large);
  EXPECT_EQ(unpack("zstd", zstandard(large), {}, 4096), large);
}

// E14
TEST(BodyUnpacker, other_encodings_are_refused) {
  for (const std::string_view encoding : {"br", "deflate", "gzip, gzip", "gzip,zstd", "gzip;q=1"}) {
    EXPECT_EQ(unpack(encoding, ""), "<unsupported_encoding>") << encoding;
  }
}

// E13
TEST(BodyUnpacker, bombs_stop_at_the_limit) {
  const std::string zeros(std::size_t{8} * 1024 * 1024, '\0');
  EXPECT_EQ(unpack("gzip", gzipped(zeros), {}, 64 * 1024), "<body_too_large>") << "ratio";
  EXPECT_EQ(unpack("zstd", zstandard(zeros), {}, 64 * 1024), "<body_too_large>") << "ratio";
  ServerLimits limits;
  limits.unpack_ratio = 1'000'000;
  limits.unpacked_bytes = 1024 * 1024;
  EXPECT_EQ(unpack("gzip", gzipped(zeros), limits, 64 * 1024), "<body_too_large>");
  EXPECT_EQ(unpack("zstd", zstandard(zeros), limits, 64 * 1024), "<body_too_large>");
  limits.unpacked_bytes = zeros.size();
  EXPECT_EQ(unpack("gzip", gzipped(zeros), limits, 64 * 1024), zeros) << "the edge";
  limits.unpacked_bytes = zeros.size() - 1;
  EXPECT_EQ(unpack("gzip", gzipped(zeros), limits, 64 * 1024), "<body_too_large>") << "the edge";
  limits.body_bytes = 10;
  EXPECT_EQ(unpack("", "0123456789", limits), "0123456789");
  EXPECT_EQ(unpack("", "0123456789a", limits), "<body_too_large>");
}

TEST(BodyUnpacker, damaged_streams_are_refused) {
  const std::string text = "one line\nanother line\n";
  for (const bool is_gzip : {true, false}) {
    const std::string_view encoding = is_gzip ? "gzip" : "zstd";
    const std::string good = is_gzip ? gzipped(text) : zstandard(text);
    EXPECT_EQ(unpack(encoding, good.substr(0, good.size() - 1)), "<archive_is_damaged>");
    EXPECT_EQ(unpack(encoding, good + good), "<archive_is_damaged>") << "two members";
    EXPECT_EQ(unpack(encoding, good + "x", {}, 1000), "<archive_is_damaged>");
    EXPECT_EQ(unpack(encoding, text), "<archive_is_damaged>");
    EXPECT_EQ(unpack(encoding, ""), "<archive_is_damaged>");
  }
  std::string flipped = gzipped(text);
  flipped[flipped.size() - 5] ^= 1;  // The length of the content.
  EXPECT_EQ(unpack("gzip", flipped), "<archive_is_damaged>");
}

}  // namespace
}  // namespace steelyard::server
