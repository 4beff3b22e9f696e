#include "steelyard/server/chunked.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace steelyard::server {
namespace {

using Status = ChunkReader::Status;

struct Read {
  Status status = Status::needs_more;
  std::string content;
  std::size_t taken = 0;
};

Read read(std::string_view bytes) {
  ChunkReader reader;
  Read read;
  read.status = reader.take(bytes, read.content, read.taken);
  return read;
}

TEST(Chunked, chunks_become_one_content) {
  const Read all = read("4\r\nWiki\r\nA\r\npedia in c\r\n0\r\n\r\nGET /");
  EXPECT_EQ(all.status, Status::is_complete);
  EXPECT_EQ(all.content, "Wikipedia in c");
  EXPECT_EQ(all.taken, 29U) << "what is behind the end is the next request";
  EXPECT_EQ(read("0\r\n\r\n").status, Status::is_complete);
}

// S14: each of these ends somewhere else for some reader.
TEST(Chunked, bad_chunks_are_refused) {
  for (const std::string_view bytes :
       {"4;x=1\r\nWiki\r\n0\r\n\r\n", "4 \r\nWiki\r\n0\r\n\r\n", "0x4\r\nWiki\r\n0\r\n\r\n",
        "+4\r\nWiki\r\n0\r\n\r\n", "-4\r\nWiki\r\n0\r\n\r\n", "\r\n", "g\r\n", "4\nWiki\n0\n\n",
        "4\r\nWikiX\r\n0\r\n\r\n", "4\r\nWiki\n0\r\n\r\n", "4\r\rWiki",
        "000000004\r\nWiki\r\n0\r\n\r\n", "fffffffff\r\n", "0\r\nX: y\r\n\r\n", "0\r\n\n",
        "4\r\nWiki\r\n\r\n0\r\n\r\n"}) {
    EXPECT_EQ(read(bytes).status, Status::is_malformed) << bytes;
  }
  EXPECT_EQ(read("4\r\nWik").status, Status::needs_more);
  EXPECT_EQ(read("4\r\nWiki\r\n0\r\n").status, Status::needs_more);
}

RC_GTEST_PROP(Chunked, any_split_gives_the_same, (const std::vector<std::string>& parts)) {
  std::string wire;
  std::string content;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    constexpr char digits[] = "0123456789abcdef";
    RC_PRE(part.size() < 4096);
    wire += digits[part.size() >> 8];
    wire += digits[(part.size() >> 4) & 15U];
    wire += digits[part.size() & 15U];
    wire += "\r\n" + part + "\r\n";
    content += part;
  }
  wire += "0\r\n\r\n";
  ChunkReader reader;
  std::string got;
  auto status = Status::needs_more;
  for (std::size_t at = 0; at < wire.size();) {
    RC_ASSERT(status == Status::needs_more);
    const auto size = *rc::gen::inRange<std::size_t>(1, 20);
    std::size_t taken = 0;
    const std::string_view piece = std::string_view(wire).substr(at, size);
    status = reader.take(piece, got, taken);
    RC_ASSERT(taken == piece.size());
    at += piece.size();
  }
  RC_ASSERT(status == Status::is_complete);
  RC_ASSERT(got == content);
}

}  // namespace
}  // namespace steelyard::server
