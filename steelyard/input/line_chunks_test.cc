#include "steelyard/input/line_chunks.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace steelyard::input {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t line_bytes_max = 1'048'576;

/// A folder that goes away with the test.
class LineChunksTest : public testing::Test {
 protected:
  LineChunksTest() { fs::create_directories(folder_); }
  ~LineChunksTest() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  /// All lines, and the error that ended the reading.
  struct Lines {
    std::vector<std::string> lines;
    std::string damage;
  };

  static Lines lines_of(const std::vector<std::string>& files) {
    LineChunks chunks(files, line_bytes_max);
    Chunk chunk;
    Lines result;
    for (;;) {
      const auto more = chunks.next(chunk);
      if (!more.has_value()) {
        result.damage = more.error().detail;
        break;
      }
      if (!*more) break;
      std::string_view rest(chunk.bytes.data(), chunk.size);
      EXPECT_TRUE(rest.ends_with('\n'));
      while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        result.lines.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
      }
    }
    return result;
  }

  fs::path folder_ =
      fs::temp_directory_path() / ("line-chunks-" + std::to_string(getpid()) + "-" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string archive(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(archive.data());
  stream.avail_out = static_cast<uInt>(archive.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  archive.resize(stream.total_out);
  deflateEnd(&stream);
  return archive;
}

std::string zstd(const std::string& text) {
  std::string archive(ZSTD_compressBound(text.size()), '\0');
  archive.resize(ZSTD_compress(archive.data(), archive.size(), text.data(), text.size(), 3));
  return archive;
}

std::string many_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + '\n';
  return text;
}

TEST_F(LineChunksTest, a_last_line_needs_no_end) {
  EXPECT_EQ(lines_of({write("a", "one\ntwo")}).lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(lines_of({write("b", "one\n")}).lines, (std::vector<std::string>{"one"}));
  EXPECT_TRUE(lines_of({write("c", "")}).lines.empty());
}

TEST_F(LineChunksTest, files_follow_each_other_and_do_not_run_together) {
  EXPECT_EQ(lines_of({write("a", "one"), write("empty", ""), write("b", "two\nthree")}).lines,
            (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(LineChunksTest, a_byte_order_mark_is_no_part_of_the_first_line) {
  EXPECT_EQ(lines_of({write("a", "\xef\xbb\xbfone\n\xef\xbb\xbftwo\n")}).lines,
            (std::vector<std::string>{"one", "\xef\xbb\xbftwo"}));
}

TEST_F(LineChunksTest, lines_are_whole_wherever_a_chunk_ends) {
  const Lines result = lines_of({write("a", many_lines(300'000))});
  ASSERT_EQ(result.lines.size(), 300'000u);
  for (std::size_t i = 0; i < result.lines.size(); ++i) {
    ASSERT_EQ(result.lines[i], "line " + std::to_string(i));
  }
}

TEST_F(LineChunksTest, a_line_of_the_largest_size_is_kept_whole) {
  const std::string largest(line_bytes_max, 'x');
  EXPECT_EQ(lines_of({write("a", "before\n" + largest + "\nafter\n")}).lines,
            (std::vector<std::string>{"before", largest, "after"}));
}

TEST_F(LineChunksTest, a_line_of_any_size_can_be_told_and_takes_bounded_memory) {
  for (const std::size_t size : {line_bytes_max + 1, line_bytes_max + 3, std::size_t{20'000'000}}) {
    const std::string path = write("a", "before\n" + std::string(size, 'x') + "\nafter\n");
    LineChunks chunks({path}, line_bytes_max);
    Chunk chunk;
    std::size_t longest = 0;
    while (chunks.next(chunk).value()) longest = std::max(longest, chunk.bytes.size());
    EXPECT_LE(longest, 3u * 1'048'576);
    const Lines result = lines_of({path});
    ASSERT_EQ(result.lines.size(), 3u);
    EXPECT_GT(result.lines[1].size(), line_bytes_max);
    EXPECT_EQ(result.lines[2], "after");
  }
}

TEST_F(LineChunksTest, archives_are_read_by_name_or_by_their_first_bytes) {
  const std::string text = many_lines(50'000);
  const std::vector<std::string> expected = lines_of({write("plain", text)}).lines;
  for (const std::string& file :
       {write("a.gz", gzip(text)), write("a.zst", zstd(text)), write("b", gzip(text)),
        write("c", zstd(text)),
        write("two.gz", gzip(text.substr(0, 1'000)) + gzip(text.substr(1'000))),
        write("two.zst", zstd(text.substr(0, 1'000)) + zstd(text.substr(1'000)))}) {
    const Lines result = lines_of({file});
    EXPECT_EQ(result.damage, "") << file;
    EXPECT_EQ(result.lines, expected) << file;
  }
}

TEST_F(LineChunksTest, a_truncated_archive_is_said_and_its_half_line_is_not_handed_out) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919LL * 104729 % 1'000'003) + '\n';
  const std::vector<std::string> expected = lines_of({write("plain", text)}).lines;
  for (const auto& [name, archive] :
       {std::pair<std::string, std::string>{"a.gz", gzip(text)}, {"a.zst", zstd(text)}}) {
    const Lines result = lines_of({write(name, archive.substr(0, archive.size() / 2))});
    EXPECT_NE(result.damage.find(name), std::string::npos) << result.damage;
    EXPECT_NE(result.damage.find("ends too early"), std::string::npos) << result.damage;
    ASSERT_LT(result.lines.size(), expected.size());
    for (std::size_t i = 0; i < result.lines.size(); ++i) ASSERT_EQ(result.lines[i], expected[i]);
  }
}

TEST_F(LineChunksTest, what_is_no_archive_and_what_is_no_file_is_said) {
  EXPECT_NE(lines_of({write("a.gz", "plain text\n")}).damage.find("a.gz: gzip data at byte"),
            std::string::npos);
  EXPECT_NE(lines_of({write("a.zst", "plain text\n")}).damage.find("a.zst: zstd data"),
            std::string::npos);
  EXPECT_NE(lines_of({write("empty.gz", "")}).damage.find("ends too early"), std::string::npos);
  EXPECT_NE(lines_of({(folder_ / "none").string()}).damage.find("No such file"), std::string::npos);
  EXPECT_NE(lines_of({folder_.string()}).damage.find("is a directory"), std::string::npos);
}

}  // namespace
}  // namespace steelyard::input
