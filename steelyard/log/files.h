#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace steelyard::log {

/// The answer of a system call: a value, or errno.
template <class T>
using Io = std::expected<T, int>;

/// An open file. Each call is one system call: it may read or write less than asked, and it
/// may answer EINTR (file_io.h loops).
class File {
 public:
  File() = default;
  virtual ~File() = default;  ///< Closes. Nothing is synced by closing.
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  virtual Io<std::size_t> pread(char* to, std::size_t size, std::uint64_t offset) = 0;
  virtual Io<std::size_t> pwrite(const char* from, std::size_t size, std::uint64_t offset) = 0;
  virtual Io<void> fdatasync() = 0;
  virtual Io<void> fsync() = 0;
  virtual Io<void> ftruncate(std::uint64_t size) = 0;
  /// Makes the file at least `size` bytes long, with room on the disk. May answer EOPNOTSUPP.
  virtual Io<void> fallocate(std::uint64_t size) = 0;
  virtual Io<std::uint64_t> size() = 0;
  /// Forgets what the page cache holds of a part and the disk has, so that reading asks the disk.
  /// No size: up to the end.
  virtual Io<void> drop_cache(std::uint64_t offset, std::uint64_t size) = 0;
};

/// Which file it is, whatever its name: another one under the same name has another.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  bool operator==(const FileIdentity&) const = default;
};

enum class OpenMode { read, write, create };  ///< create: for writing; must not exist.

/// The seam between the log and the file system. Tests put a simulated disk in its place.
class Files {
 public:
  Files() = default;
  virtual ~Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  virtual Io<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Io<void> make_directory(const std::string& path) = 0;  ///< EEXIST if it is there.
  virtual Io<std::vector<std::string>> list(const std::string& directory) = 0;  ///< Names, sorted.
  virtual Io<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Io<void> unlink(const std::string& path) = 0;
  virtual Io<void> fsync_directory(const std::string& path) = 0;
  virtual Io<FileIdentity> identity(const std::string& path) = 0;
  /// Locks the file for this process until the answer is destroyed, creating it if it is
  /// missing. EWOULDBLOCK: another holds it.
  virtual Io<std::unique_ptr<File>> lock(const std::string& path) = 0;
};

/// The file system of this machine.
Files& real_files();

}  // namespace steelyard::log
