#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/input/byte_source.h"

namespace steelyard::input {

/// Some whole lines of one file. Made to be used again.
struct Chunk {
  std::uint64_t number = 0;    ///< 0, 1, 2, … over all files.
  std::size_t file_index = 0;  ///< In the list of files.
  bool begins_file = false;    ///< No chunk of that file came before.
  std::vector<char> bytes;     ///< Lines, each ended by '\n'; then padding.
  std::size_t size = 0;        ///< Of the lines.
};

/// Cuts files into chunks of whole lines, with memory that does not grow with the input.
/// A line that is longer than `line_bytes_max` keeps its first `line_bytes_max + 2` bytes,
/// so that it can be told as too long. A byte order mark at the start of a file is skipped;
/// a last line without an end gets one.
class LineChunks {
 public:
  LineChunks(std::vector<std::string> files, std::size_t line_bytes_max);

  /// Fills the next chunk. False: the end of the last file. Errors: those of ByteSource;
  /// the lines before the damage are handed out first, a half line is not.
  [[nodiscard]] Result<bool> next(Chunk& chunk);

  const std::vector<std::string>& files() const { return files_; }

  /// Bytes of the files read so far, before decompression.
  /// May be asked by another thread.
  std::uint64_t position() const { return position_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] Result<bool> open_next_file();
  void hand_out(Chunk& chunk, std::size_t size);
  void close_file();

  std::vector<std::string> files_;
  std::size_t line_bytes_max_;
  std::size_t next_file_ = 0;
  std::unique_ptr<ByteSource> source_;
  std::string rest_;          // The start of a line whose end was not read yet.
  bool is_skipping_ = false;  // What is left of a line that is too long.
  bool is_at_start_ = false;  // Nothing of this file was handed out yet.
  std::uint64_t next_number_ = 0;
  std::atomic<std::uint64_t> position_ = 0;
  std::uint64_t bytes_of_closed_files_ = 0;
};

}  // namespace steelyard::input
