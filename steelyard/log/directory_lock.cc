#include "steelyard/log/directory_lock.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "steelyard/base/time.h"
#include "steelyard/log/file_io.h"

namespace steelyard::log {
namespace {

std::string owner_text() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return "pid " + std::to_string(::getpid()) + " since " +
         base::to_rfc3339({now.time_since_epoch().count(), 0});
}

}  // namespace

Result<DirectoryLock> DirectoryLock::take(Files& files, const std::string& directory) {
  const std::string path = directory + "/lock";
  auto file = files.lock(path);
  if (!file.has_value() && file.error() == EWOULDBLOCK) {
    const Result<std::string> owner = read_file(files, path);
    return failure(ErrorCode::directory_is_locked,
                   directory + ": locked by " + (owner.has_value() ? *owner : "another process"));
  }
  if (!file.has_value()) return std::unexpected(error_of(file.error(), "lock", path));
  if (const auto is = (*file)->ftruncate(0); !is.has_value()) {
    return std::unexpected(error_of(is.error(), "empty", path));
  }
  // A full disk must not keep a server from starting: the words are only for people.
  if (const auto is = write_all(**file, owner_text(), 0); !is.has_value() && !is_full(is.error())) {
    return std::unexpected(error_of(is.error(), "write", path));
  }
  DirectoryLock lock;
  lock.file_ = *std::move(file);
  return lock;
}

}  // namespace steelyard::log
