#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "steelyard/log/files.h"

namespace steelyard::log {
namespace {

std::unexpected<int> failed() { return std::unexpected(errno); }

Io<void> done(int answer) {
  if (answer != 0) return failed();
  return {};
}

class RealFile final : public File {
 public:
  explicit RealFile(int descriptor) : descriptor_(descriptor) {}
  ~RealFile() override { ::close(descriptor_); }

  Io<std::size_t> pread(char* to, std::size_t size, std::uint64_t offset) override {
    return counted(::pread(descriptor_, to, size, static_cast<off_t>(offset)));
  }
  Io<std::size_t> pwrite(const char* from, std::size_t size, std::uint64_t offset) override {
    return counted(::pwrite(descriptor_, from, size, static_cast<off_t>(offset)));
  }
  Io<void> fdatasync() override { return done(::fdatasync(descriptor_)); }
  Io<void> fsync() override { return done(::fsync(descriptor_)); }
  Io<void> ftruncate(std::uint64_t size) override {
    return done(::ftruncate(descriptor_, static_cast<off_t>(size)));
  }
  Io<void> fallocate(std::uint64_t size) override {
    return done(::fallocate(descriptor_, 0, 0, static_cast<off_t>(size)));
  }
  Io<std::uint64_t> size() override {
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) return failed();
    return static_cast<std::uint64_t>(status.st_size);
  }
  Io<void> drop_cache(std::uint64_t offset, std::uint64_t size) override {
    const int error = ::posix_fadvise(descriptor_, static_cast<off_t>(offset),
                                      static_cast<off_t>(size), POSIX_FADV_DONTNEED);
    if (error != 0) return std::unexpected(error);
    return {};
  }

 private:
  static Io<std::size_t> counted(ssize_t count) {
    if (count < 0) return failed();
    return static_cast<std::size_t>(count);
  }

  int descriptor_;
};

class RealFiles final : public Files {
 public:
  Io<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int flags = mode == OpenMode::read    ? O_RDONLY
                      : mode == OpenMode::write ? O_RDWR
                                                : O_RDWR | O_CREAT | O_EXCL;
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor < 0) return failed();
    return std::make_unique<RealFile>(descriptor);
  }

  Io<void> make_directory(const std::string& path) override {
    return done(::mkdir(path.c_str(), 0700));
  }

  Io<std::vector<std::string>> list(const std::string& directory) override {
    DIR* const stream = ::opendir(directory.c_str());
    if (stream == nullptr) return failed();
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return std::unexpected(error);
    std::ranges::sort(names);
    return names;
  }

  Io<void> rename(const std::string& from, const std::string& to) override {
    return done(std::rename(from.c_str(), to.c_str()));
  }

  Io<void> unlink(const std::string& path) override { return done(::unlink(path.c_str())); }

  Io<void> fsync_directory(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return failed();
    Io<void> answer = done(::fsync(descriptor));
    ::close(descriptor);
    return answer;
  }

  Io<FileIdentity> identity(const std::string& path) override {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return failed();
    return FileIdentity{status.st_dev, status.st_ino};
  }

  Io<std::unique_ptr<File>> lock(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return failed();
    auto file = std::make_unique<RealFile>(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return failed();
    return file;
  }
};

}  // namespace

Files& real_files() {
  static RealFiles files;
  return files;
}

}  // namespace steelyard::log
