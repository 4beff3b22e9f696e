#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/verify.h"

namespace steelyard::log {

struct Backup {
  Report copy;                  ///< What is in the copy now, checked end to end.
  std::uint64_t new_bytes = 0;  ///< Of frames that were not there before.
};

/// Copies DIR/store and DIR/log to another folder while a server may write on: all frames that are
/// durable at some moment during the call, so a prefix of the order. What is there already from an
/// earlier call is not copied again, but for the last segment. Until the first call has ended well,
/// no log opens there. Changes nothing in `from`; locks `to`. `progress`: bytes of frames read; may
/// be empty. Errors: other_store, log_is_damaged (the place in `from`, or what is in `to` is no
/// earlier state of it), directory_is_locked (`to` is in use), storage_failed, disk_full.
[[nodiscard]] Result<Backup> back_up(const std::string& from, const std::string& to,
                                     const std::function<void(std::uint64_t)>& progress,
                                     Files& files = real_files(),
                                     const std::function<Result<void>()>& beside = {});

}  // namespace steelyard::log
