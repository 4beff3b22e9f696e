#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "steelyard/base/limits.h"
#include "steelyard/log/batch.h"
#include "steelyard/log/hash.h"
#include "steelyard/log/store_id.h"

namespace steelyard::log {

// A frame is what one fdatasync makes durable. All numbers are little-endian.
//
//   offset  bytes  header
//        0      8  magic "SYFRAME\n"
//        8     16  store id
//       24      4  format: 1
//       28      4  records n, at least 1
//       32      8  frame number: 1, 2, 3, … through all segments
//       40      8  sequence of the first record
//       48     32  frame hash of the frame before; zeros before frame 1
//       80      4  bytes of the payload p
//       84      4  CRC32C of bytes 0 to 83
//                  payload
//       88     4n  end of each record, counted from the first one's beginning
//   88 + 4n      …  the records
//                  trailer
//   88 + p       4  CRC32C of the payload
//   92 + p      32  frame hash: SHA-256 of the header and the payload
//  124 + p       …  zeros up to a multiple of 512
//
// A frame begins at a multiple of 512, so that writing one never rewrites a sector of another
// that has been acknowledged.

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::size_t frame_alignment = 512;
inline constexpr std::size_t frame_header_bytes = 88;
inline constexpr std::size_t frame_trailer_bytes = 36;
inline constexpr std::size_t frame_payload_bytes_max =
    limits::log_batch_bytes_max + limits::log_batch_records_max * sizeof(std::uint32_t);

/// What the next frame must say of itself.
struct ChainPoint {
  std::uint64_t frame_number = 1;
  std::uint64_t sequence = 1;
  Hash previous_hash{};

  bool operator==(const ChainPoint&) const = default;
};

struct FrameHeader {
  std::uint32_t record_count = 0;
  std::uint32_t payload_bytes = 0;
  ChainPoint at;

  std::size_t frame_bytes() const;  ///< With trailer and padding.
};

/// Why bytes are not the frame that belongs there.
enum class FrameFault : std::uint8_t {
  ends_early,        ///< The file ends inside it.
  no_frame,          ///< Its header is zeros.
  header_checksum,   ///< From here to payload_hash: also what a torn write leaves behind.
  payload_checksum,  //
  payload_hash,      //
  magic,
  store,
  format,
  frame_number,
  sequence,
  previous_hash,
  record_ends,
  length,
  unreadable,
};

/// "the payload does not fit its checksum".
std::string_view text_of(FrameFault fault);

/// Whether a write that was cut short can leave that behind.
bool can_be_torn(FrameFault fault);

/// Reads the first 88 bytes of a frame. Whether it is the next one of a chain is not decided.
[[nodiscard]] std::expected<FrameHeader, FrameFault> decode_header(std::string_view bytes,
                                                                   const StoreId& store);

/// Whether the header continues the chain.
[[nodiscard]] std::optional<FrameFault> fault_in_chain(const FrameHeader& header,
                                                       const ChainPoint& expected);

/// How a payload is checked: by CRC32C (several GB/s), or by SHA-256 too (about 1 GB/s).
enum class Depth : std::uint8_t { checksum, hash };

/// Checks a whole frame, `bytes` beginning with its header.
[[nodiscard]] std::optional<FrameFault> fault_in_frame(const FrameHeader& header,
                                                       std::string_view bytes, Depth depth);

/// The hash in the trailer.
Hash hash_of_frame(const FrameHeader& header, std::string_view bytes);

/// The records of a checked frame.
class FrameRecords {
 public:
  FrameRecords(const FrameHeader& header, std::string_view bytes);
  std::size_t size() const { return count_; }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : end_of(i - 1);
    return records_.substr(begin, end_of(i) - begin);
  }

 private:
  std::size_t end_of(std::size_t i) const;
  const char* ends_;
  std::string_view records_;
  std::size_t count_;
};

/// Builds frames in one buffer that is used again and again.
class FrameBuilder {
 public:
  explicit FrameBuilder(const StoreId& store) : store_(store) {}

  void clear();
  void add(const Batch& batch) { batches_.push_back(&batch); }

  /// The frame of the batches added since `clear`, which must still be there. Valid until the
  /// next call. `next`: the chain after it.
  std::string_view build(const ChainPoint& at, ChainPoint& next);

 private:
  StoreId store_;
  std::vector<const Batch*> batches_;
  std::vector<char> buffer_;
};

}  // namespace steelyard::log
