#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"

namespace steelyard::checkpoint {

// A folder of checkpoints: DIR/public-key.pem, DIR/00000001.ndjson, DIR/00000002.ndjson …: files
// with a checkpoint in each line. A server begins a new file at its start, each day, and where a
// write has failed; it never changes what stands in one. Files are numbered without a gap; the
// first ones may have been put elsewhere. What stands behind the last line end of a file was torn
// while it was written, and is no checkpoint.

inline constexpr std::string_view public_key_name = "public-key.pem";

/// A line of the folder.
struct Place {
  std::string file;
  std::uint64_t line = 0;

  std::string text() const { return file + ':' + std::to_string(line); }
};

/// The files with checkpoints, in order. Errors: storage_failed; file_is_malformed (one is
/// missing).
[[nodiscard]] Result<std::vector<std::string>> list_files(log::Files& files,
                                                          const std::string& directory);

using LineVisitor = std::function<Result<void>(const Place& place, std::string_view line)>;

/// Visits the whole lines of all files, in order, up to the visitor's error. Returns how many files
/// end with a torn line. Errors: also file_is_malformed (a line is too long), with the place.
[[nodiscard]] Result<std::uint64_t> read_lines(log::Files& files, const std::string& directory,
                                               const LineVisitor& visitor);

struct LastLine {
  Place place;
  std::string line;
};

/// The last whole line of the folder; none: there is none. Errors: as `read_lines`, of the last
/// files only.
[[nodiscard]] Result<std::optional<LastLine>> last_line(log::Files& files,
                                                        const std::string& directory);

/// Adds lines to a folder.
class FolderWriter {
 public:
  FolderWriter(log::Files& files, std::string directory)
      : files_(&files), directory_(std::move(directory)) {}

  /// Adds a line and syncs it. `day`: another one than before begins a new file. After an error it
  /// is not known whether the line is there, and the next one begins a new file. Errors:
  /// storage_failed, disk_full; file_is_malformed (a file is missing).
  [[nodiscard]] Result<void> append(std::string_view line, std::int64_t day);

 private:
  Result<void> begin_file(std::int64_t day);
  Result<void> write(std::string_view line);
  void give_up_file();

  log::Files* files_;
  std::string directory_;
  std::unique_ptr<log::File> file_;
  std::string path_;
  std::int64_t day_ = 0;
  std::uint64_t size_ = 0;  ///< Of its whole lines.
};

}  // namespace steelyard::checkpoint
