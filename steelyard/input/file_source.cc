#include "steelyard/input/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace steelyard::input {

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& file_name) {
  if (file_name == "-") {
    return std::unique_ptr<FileSource>(new FileSource("standard input", STDIN_FILENO));
  }
  const int descriptor = ::open(file_name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return failure(ErrorCode::file_is_unreadable, file_name + ": " + std::strerror(errno));
  }
  struct stat status{};
  if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(descriptor);
    return failure(ErrorCode::file_is_unreadable, file_name + ": is a directory");
  }
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<FileSource>(new FileSource(file_name, descriptor));
}

FileSource::~FileSource() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

Result<std::size_t> FileSource::read_some(char* to, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(descriptor_, to, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    return failure(ErrorCode::file_is_unreadable,
                   name_ + ": at byte " + std::to_string(position_) + ": " + std::strerror(errno));
  }
}

Result<std::string> FileSource::peek() {
  constexpr std::size_t enough = 4;
  while (peeked_.size() < enough) {
    char next = 0;
    STEELYARD_TRY(count, read_some(&next, 1));
    if (count == 0) break;
    peeked_.push_back(next);
  }
  return peeked_;
}

Result<std::size_t> FileSource::read(char* to, std::size_t size) {
  if (!peeked_.empty()) {
    const std::size_t count = std::min(size, peeked_.size());
    std::memcpy(to, peeked_.data(), count);
    peeked_.erase(0, count);
    position_ += count;
    return count;
  }
  STEELYARD_TRY(count, read_some(to, size));
  position_ += count;
  return count;
}

std::optional<std::uint64_t> file_bytes(const std::string& file_name) {
  struct stat status{};
  if (stat(file_name.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> check_files(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (file != "-") STEELYARD_PASS(open(file));
  }
  return {};
}

Result<std::unique_ptr<ByteSource>> open(const std::string& file_name) {
  STEELYARD_TRY(file, FileSource::open(file_name));
  STEELYARD_TRY(first, file->peek());
  if (file_name.ends_with(".gz") || first.starts_with("\x1f\x8b")) {
    return gzip_source(std::move(file));
  }
  if (file_name.ends_with(".zst") || first == "\x28\xb5\x2f\xfd") {
    return zstd_source(std::move(file));
  }
  return std::unique_ptr<ByteSource>(std::move(file));
}

Result<std::string> read_file(const std::string& file_name, std::size_t bytes_max) {
  STEELYARD_TRY(source, open(file_name));
  std::string text;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + 65'536);
    STEELYARD_TRY(count, source->read(text.data() + before, 65'536));
    text.resize(before + count);
    if (count == 0) return text;
    if (text.size() > bytes_max) {
      return failure(ErrorCode::file_is_unreadable,
                     file_name + ": is larger than " + std::to_string(bytes_max) + " bytes");
    }
  }
}

}  // namespace steelyard::input
