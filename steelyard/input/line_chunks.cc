#include "steelyard/input/line_chunks.h"

#include <algorithm>
#include <cstring>

namespace steelyard::input {
namespace {

constexpr std::size_t read_bytes = std::size_t{128} * 1024;
constexpr std::size_t padding_bytes = 64;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Behind the last line end in [from, to), or null.
const char* last_line_end(const char* from, const char* to) {
  const void* const found = memrchr(from, '\n', static_cast<std::size_t>(to - from));
  return found == nullptr ? nullptr : static_cast<const char*>(found) + 1;
}

}  // namespace

LineChunks::LineChunks(std::vector<std::string> files, std::size_t line_bytes_max)
    : files_(std::move(files)), line_bytes_max_(line_bytes_max) {}

Result<bool> LineChunks::open_next_file() {
  if (next_file_ == files_.size()) return false;
  STEELYARD_TRY(source, open(files_[next_file_]));
  source_ = std::move(source);
  ++next_file_;
  is_at_start_ = true;
  is_skipping_ = false;
  rest_.clear();
  return true;
}

void LineChunks::close_file() {
  bytes_of_closed_files_ += source_->position();
  source_.reset();
}

void LineChunks::hand_out(Chunk& chunk, std::size_t size) {
  if (is_at_start_ && std::string_view(chunk.bytes.data(), size).starts_with(byte_order_mark)) {
    size -= byte_order_mark.size();
    std::memmove(chunk.bytes.data(), chunk.bytes.data() + byte_order_mark.size(), size);
  }
  chunk.size = size;
  chunk.number = next_number_++;
  chunk.file_index = next_file_ - 1;
  chunk.begins_file = is_at_start_;
  is_at_start_ = false;
}

Result<bool> LineChunks::next(Chunk& chunk) {
  for (;;) {
    if (source_ == nullptr) {
      STEELYARD_TRY(is_open, open_next_file());
      if (!is_open) return false;
    }
    const std::size_t before = rest_.size();
    chunk.bytes.resize(std::max(chunk.bytes.size(), before + read_bytes + padding_bytes));
    char* const begin = chunk.bytes.data();
    std::memcpy(begin, rest_.data(), before);
    STEELYARD_TRY(count, source_->read(begin + before, read_bytes));
    position_.store(bytes_of_closed_files_ + source_->position(), std::memory_order_relaxed);

    if (count == 0) {
      close_file();
      if (before == 0) continue;
      rest_.clear();
      begin[before] = '\n';
      hand_out(chunk, before + 1);
      return true;
    }
    std::size_t size = before + count;
    if (is_skipping_) {  // Then nothing is left from before.
      const void* const end = std::memchr(begin, '\n', size);
      if (end == nullptr) continue;
      is_skipping_ = false;
      const auto skipped = static_cast<std::size_t>(static_cast<const char*>(end) + 1 - begin);
      size -= skipped;
      std::memmove(begin, begin + skipped, size);
      if (size == 0) continue;
    }
    const char* const end = last_line_end(begin, begin + size);
    if (end != nullptr) {
      const auto lines = static_cast<std::size_t>(end - begin);
      rest_.assign(end, size - lines);
      hand_out(chunk, lines);
      return true;
    }
    if (size <= line_bytes_max_ + 2) {
      rest_.assign(begin, size);
      continue;
    }
    rest_.clear();
    is_skipping_ = true;
    begin[line_bytes_max_ + 2] = '\n';
    hand_out(chunk, line_bytes_max_ + 3);
    return true;
  }
}

}  // namespace steelyard::input
