#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/frame.h"
#include "steelyard/log/store_id.h"

namespace steelyard::log {

// A segment is a file DIR/log/SEQUENCE.segment, named by its first sequence in 20 digits. It
// begins with a header, frames follow, zeros follow them. All numbers are little-endian.
//
//   offset  bytes
//        0      8  magic "SYSEGMT\n"
//        8     16  store id
//       24      4  format: 1
//       28      4  zeros
//       32      8  segment number: 1, 2, 3, …
//       40      8  number of its first frame
//       48      8  sequence of its first record
//       56     32  frame hash of the last frame of the segment before; zeros in segment 1
//       88      4  CRC32C of bytes 0 to 87
//       92      …  zeros up to 512

inline constexpr std::size_t segment_header_bytes = 512;

struct Segment {
  std::uint64_t number = 0;
  ChainPoint begin;  ///< What its first frame must say.

  /// "00000000000000000001.segment"
  std::string file_name() const;
};

/// The 512 bytes at its beginning.
std::string encode(const Segment& segment, const StoreId& store);

/// Whether a file of that name is a segment.
bool is_segment_name(std::string_view name);

/// By the header of a file. Errors: as list_segments.
[[nodiscard]] Result<Segment> read_segment(Files& files, const std::string& path,
                                           const StoreId& store);

/// The segments of DIR/log by their headers, in order. Errors: log_is_damaged (a header, a name
/// that does not fit it, a segment that is missing), other_store, unknown_format, storage_failed.
[[nodiscard]] Result<std::vector<Segment>> list_segments(Files& files, const std::string& directory,
                                                         const StoreId& store);

/// Creates the file, preallocated to `size`, synced, then renamed to its name and the directory
/// synced: a segment under its name has a whole header.
/// Errors: disk_full, after which nothing of it is left; storage_failed.
[[nodiscard]] Result<std::unique_ptr<File>> create_segment(Files& files,
                                                           const std::string& directory,
                                                           const Segment& segment,
                                                           const StoreId& store,
                                                           std::uint64_t size);

/// "segment 00000000000000000001.segment offset 0x200 seq 17: why".
std::string place_in(const Segment& segment, std::uint64_t offset, std::uint64_t sequence,
                     std::string_view why);

}  // namespace steelyard::log
