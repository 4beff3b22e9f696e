#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"

namespace steelyard::log {

/// What a failed call means: disk_full (ENOSPC, EDQUOT) or storage_failed, with what was done
/// to which file and the system's words.
Error error_of(int error, std::string_view what, std::string_view path);

/// Whether the call failed for want of room.
bool is_full(int error);

/// Errors: storage_failed, disk_full.
[[nodiscard]] Result<std::unique_ptr<File>> open_file(Files& files, const std::string& path,
                                                      OpenMode mode);

/// Writes all of it, in as many calls as it takes. Errors: errno of the call that failed.
[[nodiscard]] Io<void> write_all(File& file, std::string_view bytes, std::uint64_t offset);

/// Reads up to `size` bytes; less only at the end of the file.
[[nodiscard]] Io<std::size_t> read_up_to(File& file, char* to, std::size_t size,
                                         std::uint64_t offset);

/// The whole file. Errors: storage_failed.
[[nodiscard]] Result<std::string> read_file(Files& files, const std::string& path);

/// Puts a small file in place: a temporary one is written, synced and renamed, and the
/// directory is synced. After a crash either the old or the new content is there.
[[nodiscard]] Result<void> write_file_durably(Files& files, const std::string& directory,
                                              const std::string& name, std::string_view content);

/// The same of a file that `write` fills; while it is written it is called NAME.new.
[[nodiscard]] Result<void> write_file_durably(Files& files, const std::string& directory,
                                              const std::string& name,
                                              const std::function<Result<void>(File&)>& write);

/// Creates a directory if it is missing, and syncs the one it stands in.
[[nodiscard]] Result<void> ensure_directory(Files& files, const std::string& path);

}  // namespace steelyard::log
