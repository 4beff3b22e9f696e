#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/checkpoint/checkpoint.h"
#include "steelyard/checkpoint/folder.h"
#include "steelyard/checkpoint/key.h"
#include "steelyard/log/files.h"
#include "steelyard/log/frame.h"

namespace steelyard::checkpoint {

/// A checkpoint of a folder.
struct Witnessed {
  std::string place;  ///< "00000001.ndjson:14"
  Checkpoint checkpoint;
};

/// What a log must agree with: the checkpoints of a folder, in the order of their records.
struct Witness {
  std::string directory;
  std::vector<Witnessed> all;  ///< At least one.
  std::uint64_t torn = 0;      ///< Lines that were cut off while they were written.
};

/// Reads the checkpoints of a folder, each with its signature. Errors: file_is_malformed with
/// the place (also: there is none, a file is missing, records fall), other_store, storage_failed.
[[nodiscard]] Result<Witness> read_witness(log::Files& files, const std::string& directory,
                                           const PublicKey& key, const log::StoreId& store);

/// Errors: other_store, with the place.
[[nodiscard]] Result<void> check_store(const std::string& place, const Checkpoint& checkpoint,
                                       const log::StoreId& store);

/// Whether a log is the one that was signed. `end`: the sequence behind its last record. `found`:
/// its chain behind the frame that holds the checkpoint's record; required where the log has it.
/// Errors: log_is_damaged, with both records or both hashes.
[[nodiscard]] Result<void> check(const Witnessed& witnessed, std::uint64_t end,
                                 const std::optional<log::ChainPoint>& found);

/// Compares a witness with the frames of a log, as they are read.
class Comparison {
 public:
  explicit Comparison(const Witness& witness) : witness_(&witness) {}

  /// The chain behind the next frame.
  void frame(const log::ChainPoint& behind);

  /// Behind all frames. Errors: as `check`, of the first checkpoint that differs; where several are
  /// of records behind the end, of the last one.
  [[nodiscard]] Result<void> finish();

 private:
  const Witness* witness_;
  std::size_t next_ = 0;
  std::uint64_t end_ = 1;
  Result<void> outcome_;
};

}  // namespace steelyard::checkpoint
