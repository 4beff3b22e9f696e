#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/frame.h"
#include "steelyard/log/local_log.h"

namespace steelyard::log {

/// DIR/chain says, beside what was made of a log, which log that was and how far it had come: its
/// durable head, some time before. So a log that was lost, or replaced by an older or another one,
/// is not gone on with as if it was all that there ever was.
///
/// Three lines of text in one sector, written over: "steelyard chain 1", the number of the next
/// frame, the next sequence and the hash of the frame before, and a check of these lines. It lags
/// behind the log, and is never ahead.
class ChainMark {
 public:
  /// Creates the file if it is missing. Errors: storage_failed, disk_full.
  [[nodiscard]] static Result<ChainMark> open(Files& files, const std::string& directory);

  /// Not synced. A full disk is no error: the mark only lags.
  [[nodiscard]] Result<void> write(const ChainPoint& head);
  [[nodiscard]] Result<void> sync();

 private:
  std::unique_ptr<File> file_;
  std::string path_;
};

/// Whether the log holds what DIR/chain says; nothing is wrong where there is no such file, or none
/// that can be read. Errors: log_is_damaged, if it ends before that or has other frames there;
/// those of reading.
[[nodiscard]] Result<void> check_chain_mark(Files& files, const std::string& directory,
                                            const LocalLog& log);

/// The error of a log that ends before what was made of it: `what` goes up to that record.
std::unexpected<Error> log_was_lost(const LocalLog& log, const std::string& what,
                                    std::uint64_t record);

}  // namespace steelyard::log
