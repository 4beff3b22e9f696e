#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/recovery.h"
#include "steelyard/log/segment.h"
#include "steelyard/log/store_id.h"

namespace steelyard::log {

/// What was missing or damaged in one copy of a segment, and was written again from the other.
struct Mended {
  std::string path;          ///< Of the file that was put right.
  std::uint64_t offset = 0;  ///< Of the first byte,
  std::uint64_t bytes = 0;   ///< and how many.

  /// "MIRROR/log/….segment: 1,024 bytes from offset 0x200 on were missing or damaged, …"
  std::string text() const;
};

/// Two copies of one log, DIR/log and MIRROR/log, and how they come to be the same again: a frame
/// is taken from the copy in which it is sound. A frame that was acknowledged is in both, so the
/// longer copy has nothing in it that must not be there.
///
/// Works on the folders as they are, with nobody writing to them, but for `compare`.
class Mirror {
 public:
  /// `mended` is told of each file that was put right; from any thread.
  Mirror(Files& files, std::string directory, std::string mirror,
         std::function<void(const Mended&)> mended);

  /// At a start: fills a copy that is new or behind, and looks at the frames of the last segment
  /// of each. Nothing is written where the two do not fit together. Errors: other_store,
  /// unknown_format; log_is_damaged where both are sound and differ, or neither is; storage_failed,
  /// disk_full.
  [[nodiscard]] Result<void> agree();

  /// Removes from MIRROR what stands behind the end that recovery has found in DIR.
  [[nodiscard]] Result<void> clear_behind(const Tail& tail);

  /// Checks both copies of a segment, frame by frame with its hash, up to a sequence. What is sound
  /// in neither stays as it is. Also while others append behind `end`. Errors: as `agree`.
  [[nodiscard]] Result<void> compare(const Segment& segment, const StoreId& store,
                                     std::uint64_t end);

 private:
  /// A segment, by the name that its file has in either folder.
  struct Twin {
    std::string name;
    bool is_in_first = false;
    bool is_in_second = false;
    Segment segment{};  ///< As a sound header says.
    bool has_bad_header = false;
  };
  enum class How : std::uint8_t { without_writing, at_a_start, beside_a_writer };

  Result<std::vector<Twin>> list() const;
  Result<void> read_headers(std::vector<Twin>& twins, const StoreId& store) const;
  Result<void> check_single_ones(std::vector<Twin>& twins, const StoreId& store);
  Result<void> keep_later_watermark(const StoreId& store) const;
  Result<ChainPoint> walk(const Segment& segment, const StoreId& store, std::uint64_t end, How how);
  Result<void> copy_whole(const std::string& name, const std::string& from, const std::string& to);
  std::unexpected<Error> served_apart(const std::string& place) const;
  std::string first(const std::string& name) const { return directory_ + "/log/" + name; }
  std::string second(const std::string& name) const { return mirror_ + "/log/" + name; }

  Files& files_;
  const std::string directory_;
  const std::string mirror_;
  const std::function<void(const Mended&)> mended_;
  std::mutex mutex_;  ///< One compares at a time.
};

}  // namespace steelyard::log
