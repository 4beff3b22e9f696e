#include "steelyard/server/body_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace steelyard::server {
namespace {

std::unexpected<Error> unreadable(const std::string& what, int error) {
  return failure(ErrorCode::file_is_unreadable, what + ": " + std::strerror(error));
}

}  // namespace

Result<std::shared_ptr<const BodyFile>> BodyFile::take(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return unreadable(path.string(), errno);
  struct stat status = {};
  const bool is_known = ::fstat(descriptor, &status) == 0 && ::unlink(path.c_str()) == 0;
  const int error = errno;
  std::shared_ptr<const BodyFile> file(
      new BodyFile(descriptor, static_cast<std::uint64_t>(status.st_size)));
  if (!is_known) return unreadable(path.string(), error);
  return file;
}

BodyFile::~BodyFile() { ::close(descriptor_); }

Result<void> BodyFile::read(std::uint64_t offset, std::span<char> to) const {
  while (!to.empty()) {
    const ssize_t got = ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return unreadable("an answer that was written to a file", got == 0 ? EIO : errno);
    offset += static_cast<std::uint64_t>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

}  // namespace steelyard::server
