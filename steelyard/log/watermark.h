#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/store_id.h"

namespace steelyard::log {

// DIR/log/watermark says up to which frame the log was durable when it was written. It is
// written after each frame and synced lazily (by the kernel, and when the log is closed), so it
// may lag behind, and is never ahead. What lies below it is never cut as a torn tail.
//
// Two places of 512 bytes, at 0 and 512, written in turn, so that one is always whole:
//
//   offset  bytes
//        0      8  magic "SYWATER\n"
//        8     16  store id
//       24      8  number of the last durable frame
//       32      8  sequence after its last record
//       40      4  CRC32C of bytes 0 to 39

struct Watermark {
  std::uint64_t frame_number = 0;
  std::uint64_t end_sequence = 1;
};

/// Nothing if there is no file, or no place of it is whole. Errors: storage_failed, other_store.
[[nodiscard]] Result<std::optional<Watermark>> read_watermark(Files& files,
                                                              const std::string& directory,
                                                              const StoreId& store);

class WatermarkFile {
 public:
  /// Creates the file if it is missing.
  [[nodiscard]] static Result<WatermarkFile> open(Files& files, const std::string& directory,
                                                  const StoreId& store);

  /// Not synced. A full disk is no error: the mark only lags.
  [[nodiscard]] Result<void> write(const Watermark& mark);
  [[nodiscard]] Result<void> sync();

 private:
  std::unique_ptr<File> file_;
  std::string path_;
  StoreId store_{};
};

}  // namespace steelyard::log
