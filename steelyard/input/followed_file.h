#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/input/follow_position.h"
#include "steelyard/log/files.h"

namespace steelyard::input {

/// How much is taken out of a followed file at once, and how long a line may be.
struct FollowLimits {
  std::size_t lines_max = 1'000;
  std::size_t bytes_max = std::size_t{8} * 1024 * 1024;
  std::size_t line_bytes_max = 1'048'576;
  /// A last line without an end is one when its file has another name now and did not grow for so
  /// long.
  std::chrono::milliseconds quiet = std::chrono::seconds(1);
};

/// Some whole lines that stand one behind the other in one file.
struct FollowedLines {
  std::string text;          ///< Each ended by '\n'.
  std::uint64_t offset = 0;  ///< Of the first one in its file.
  std::uint64_t end = 0;     ///< Behind the last one: other than offset + size, if a line was cut.
  bool is_half = false;      ///< The file ended without a '\n': the line may go on yet.
};

/// A file that somebody writes to: the file itself, whatever it is called now. Nothing moves on
/// until what was read is acknowledged, so that reading again gives it again.
class FollowedFile {
 public:
  enum class Found {
    lines,
    nothing,    ///< That is complete, and was not acknowledged.
    rewritten,  ///< It is shorter than it was, or begins with something else.
  };

  /// Errors: file_is_unreadable; usage_of_command for an archive or what is no regular file.
  [[nodiscard]] static Result<std::unique_ptr<FollowedFile>> open(const std::string& path);
  /// What stands in the same file now, whatever stood in it before. Errors: those of `open`.
  [[nodiscard]] Result<std::unique_ptr<FollowedFile>> open_again() const;
  ~FollowedFile();
  FollowedFile(const FollowedFile&) = delete;
  FollowedFile& operator=(const FollowedFile&) = delete;

  const log::FileIdentity& identity() const { return identity_; }
  std::uint64_t offset() const { return offset_; }
  /// As of the last `look` or `read`.
  std::uint64_t size() const { return size_; }
  std::string_view prefix() const { return prefix_; }
  bool is_at_end() const { return offset_ == size_; }
  /// When it was written to, as of then too.
  std::int64_t modified_nanoseconds() const { return modified_nanoseconds_; }
  bool has_a_name() const;  ///< It was not deleted.
  /// When it was last seen to have grown, by the clock of `read`.
  std::chrono::milliseconds grew_at() const { return grew_at_; }

  /// Whether it was cut off, or written anew from its start, since it was looked at last: that goes
  /// on with `begin_anew`. Errors: file_is_unreadable.
  [[nodiscard]] Result<bool> look();

  /// Whether it begins as the position says and is long enough, whatever its identity.
  bool fits(const FilePosition& position) const;

  /// Whether it begins as the other one did when that was looked at, goes on behind what was
  /// acknowledged of it, and is not something else in that it is longer than a short beginning.
  bool is_copy_of(const FollowedFile& other) const;

  /// Goes on there. Requires: that is not behind its end.
  void go_on_at(std::uint64_t offset);

  /// Goes on with its start, whatever stands there now.
  void begin_anew();

  /// The next lines of what was there at the last `look`. `now` is any clock that only goes
  /// forward. A line that is longer than `line_bytes_max` keeps its first `line_bytes_max + 2`
  /// bytes, as LineChunks does, and comes alone; a byte order mark at the start of the file is
  /// skipped. Errors: file_is_unreadable.
  [[nodiscard]] Result<Found> read(FollowedLines& to, bool has_other_name,
                                   std::chrono::milliseconds now, const FollowLimits& limits);

  void acknowledge(const FollowedLines& lines);

  FilePosition position(bool has_other_name) const;

 private:
  FollowedFile(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  [[nodiscard]] static Result<std::unique_ptr<FollowedFile>> of(const std::string& path,
                                                                int descriptor);

  [[nodiscard]] Result<std::string> bytes_at(std::uint64_t offset, std::size_t size) const;
  [[nodiscard]] Result<std::optional<std::uint64_t>> end_of_long_line(std::uint64_t from);

  std::string path_;  // Under which it was opened, for errors.
  int descriptor_;
  log::FileIdentity identity_;
  std::string prefix_;  // Its first bytes, as far as they were there: they never change.
  std::uint64_t offset_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t size_at_read_ = 0;
  std::int64_t modified_nanoseconds_ = 0;
  std::optional<std::uint64_t> half_line_;  // Where one begins that was acknowledged.
  std::uint64_t searched_ = 0;              // Up to here, a long line has no end.
  std::chrono::milliseconds grew_at_{0};
};

}  // namespace steelyard::input
