#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"

namespace steelyard::input {

/// A regular file as it was when its folder was listed.
struct FileBeside {
  std::int64_t modified_nanoseconds = 0;
  log::FileIdentity identity;
  std::string path;
  /// Its name is that of a file that was rotated away: "NAME.1", "NAME-20261126",
  /// "NAME.2026-11-26T10:00". Others that begin like it may be anything.
  bool is_rotated = false;
};

/// The file of a name and those beside it whose names begin like it, the one that was written to
/// first first. Files that are renamed meanwhile are among them, under a name that they may not
/// have any more. Empty where there is no such folder. Errors: file_is_unreadable.
[[nodiscard]] Result<std::vector<FileBeside>> files_beside(const std::string& name);

std::int64_t modified_nanoseconds_of(const struct stat& status);

/// When the folder of a name changed last; 0 where there is none.
std::int64_t folder_changed_nanoseconds(const std::string& name);

/// In nanoseconds. The clock by which files are modified goes in steps: what is modified from now
/// on is so at this time or later.
std::int64_t now_by_file_clock();

}  // namespace steelyard::input
