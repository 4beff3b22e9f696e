#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/result.h"

namespace steelyard::input {

/// Bytes from a file or from standard input, decompressed on the way.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Reads up to `size` bytes. 0: the end. Errors: file_is_unreadable, archive_is_damaged
  /// (truncated, corrupt, or no archive at all), with the file and the place in it.
  [[nodiscard]] virtual Result<std::size_t> read(char* to, std::size_t size) = 0;

  /// How far the file itself was read, before decompression.
  virtual std::uint64_t position() const = 0;
};

/// Opens a file; "-" is standard input. Names that end in .gz and .zst are decompressed,
/// and so is anything that begins like such an archive: no JSON does.
/// Errors: file_is_unreadable, archive_is_damaged.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> open(const std::string& file_name);

/// Whether all of the files can be opened: said before anything is done with the first. "-" is
/// passed over. Errors: those of `open`.
[[nodiscard]] Result<void> check_files(const std::vector<std::string>& files);

/// The size of a regular file in bytes, for showing progress.
std::optional<std::uint64_t> file_bytes(const std::string& file_name);

/// The whole of a small file. Errors: file_is_unreadable, also above `bytes_max`.
[[nodiscard]] Result<std::string> read_file(const std::string& file_name, std::size_t bytes_max);

}  // namespace steelyard::input
