#include "steelyard/input/followed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "steelyard/base/check.h"
#include "steelyard/input/files_beside.h"

namespace steelyard::input {
namespace {

constexpr std::size_t read_bytes = std::size_t{256} * 1024;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_archive(std::string_view path, std::string_view first) {
  return path.ends_with(".gz") || path.ends_with(".zst") || first.starts_with("\x1f\x8b") ||
         first.starts_with("\x28\xb5\x2f\xfd");
}

std::unexpected<Error> unreadable(const std::string& path, int error) {
  return failure(ErrorCode::file_is_unreadable, path + ": " + std::strerror(error));
}

}  // namespace

Result<std::unique_ptr<FollowedFile>> FollowedFile::open(const std::string& path) {
  // A pipe would wait for somebody who writes to it.
  return of(path, ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

Result<std::unique_ptr<FollowedFile>> FollowedFile::open_again() const {
  return of(path_, ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0));
}

Result<std::unique_ptr<FollowedFile>> FollowedFile::of(const std::string& path, int descriptor) {
  if (descriptor < 0) return unreadable(path, errno);
  std::unique_ptr<FollowedFile> file(new FollowedFile(path, descriptor));
  struct stat status{};
  if (fstat(descriptor, &status) != 0) return unreadable(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return failure(ErrorCode::usage_of_command,
                   path + ": is no regular file, and only such can be followed");
  }
  file->identity_ = {status.st_dev, status.st_ino};
  file->size_ = static_cast<std::uint64_t>(status.st_size);
  file->modified_nanoseconds_ = modified_nanoseconds_of(status);
  STEELYARD_TRY(first, file->bytes_at(0, prefix_bytes_max));
  file->prefix_ = std::move(first);
  if (is_archive(path, file->prefix_)) {
    return failure(ErrorCode::usage_of_command,
                   path + ": an archive can not be followed; send it without --follow");
  }
  return file;
}

FollowedFile::~FollowedFile() { ::close(descriptor_); }

bool FollowedFile::has_a_name() const {
  struct stat status{};
  return fstat(descriptor_, &status) != 0 || status.st_nlink > 0;
}

bool FollowedFile::fits(const FilePosition& position) const {
  return size_ >= position.offset && prefix_.size() >= position.prefix_bytes &&
         log::sha256(std::string_view(prefix_).substr(0, position.prefix_bytes)) ==
             position.prefix_hash;
}

bool FollowedFile::is_copy_of(const FollowedFile& other) const {
  const std::size_t common = std::min(prefix_.size(), other.prefix_.size());
  const bool is_all_there = common == other.prefix_.size() || common == size_;
  return common > 0 && is_all_there && size_ >= other.offset_ &&
         prefix_.compare(0, common, other.prefix_, 0, common) == 0;
}

void FollowedFile::go_on_at(std::uint64_t offset) {
  offset_ = offset;
  searched_ = offset;
  half_line_.reset();
}

void FollowedFile::begin_anew() {
  go_on_at(0);
  size_ = 0;
  size_at_read_ = 0;
  prefix_.clear();
}

/// Up to `size` bytes; less only at the end of the file.
Result<std::string> FollowedFile::bytes_at(std::uint64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  std::size_t count = 0;
  while (count < size) {
    const ssize_t more = ::pread(descriptor_, bytes.data() + count, size - count,
                                 static_cast<off_t>(offset + count));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return unreadable(path_, errno);
    if (more == 0) break;
    count += static_cast<std::size_t>(more);
  }
  bytes.resize(count);
  return bytes;
}

Result<bool> FollowedFile::look() {
  struct stat status{};
  if (fstat(descriptor_, &status) != 0) return unreadable(path_, errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  STEELYARD_TRY(first, bytes_at(0, prefix_bytes_max));
  if (size < offset_ || !first.starts_with(prefix_)) return true;
  prefix_ = std::move(first);
  size_ = size;
  modified_nanoseconds_ = modified_nanoseconds_of(status);
  return false;
}

/// Behind the line end that a line has which is too long to be kept, if it has one yet.
Result<std::optional<std::uint64_t>> FollowedFile::end_of_long_line(std::uint64_t from) {
  searched_ = std::max(searched_, from);
  for (;;) {
    STEELYARD_TRY(piece, bytes_at(searched_, read_bytes));
    if (piece.empty()) return std::nullopt;
    const std::size_t found = piece.find('\n');
    if (found != std::string::npos) return searched_ + found + 1;
    searched_ += piece.size();
  }
}

Result<FollowedFile::Found> FollowedFile::read(FollowedLines& to, bool has_other_name,
                                               std::chrono::milliseconds now,
                                               const FollowLimits& limits) {
  if (size_ != size_at_read_ || grew_at_.count() == 0) grew_at_ = now;
  size_at_read_ = size_;
  if (half_line_.has_value() && size_ > offset_) go_on_at(*half_line_);
  if (size_ == offset_) return Found::nothing;
  const bool is_over = has_other_name && now - grew_at_ >= limits.quiet;

  std::string& text = to.text;
  text.clear();
  std::size_t lines_end = 0;  // Behind the last line that is taken.
  std::size_t lines = 0;
  to.offset = offset_;
  to.is_half = false;
  for (bool is_at_end = false; !is_at_end;) {
    STEELYARD_TRY(piece, bytes_at(offset_ + text.size(), read_bytes));
    is_at_end = piece.size() < read_bytes;
    std::size_t searched = text.size();
    text += piece;
    while (lines < limits.lines_max) {
      const std::size_t found = text.find('\n', searched);
      if (found == std::string::npos || found - lines_end > limits.line_bytes_max + 2) break;
      if (lines > 0 && found + 1 > limits.bytes_max) break;
      lines_end = searched = found + 1;
      ++lines;
    }
    const bool is_enough = lines == limits.lines_max || text.size() >= limits.bytes_max ||
                           text.size() - lines_end > limits.line_bytes_max + 2;
    if (is_enough) break;
  }
  to.end = offset_ + lines_end;
  if (lines == 0) {
    const bool is_long = text.size() > limits.line_bytes_max + 2;
    std::optional<std::uint64_t> end;
    if (is_long) {
      STEELYARD_TRY(found, end_of_long_line(offset_));
      end = found;
    }
    if (!end.has_value() && !is_over) return Found::nothing;
    to.is_half = !end.has_value();
    to.end = end.value_or(is_long ? searched_ : offset_ + text.size());
    lines_end = std::min(text.size(), limits.line_bytes_max + 2);
    if (to.end == offset_) return Found::nothing;
  }
  text.resize(lines_end);
  if (!text.ends_with('\n')) text += '\n';
  if (offset_ == 0 && text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());

  // What was read is of one file only if that was not rewritten in between.
  STEELYARD_TRY(is_other, look());
  if (is_other || size_ < to.end) return Found::rewritten;
  if (size_ != size_at_read_) grew_at_ = now;
  size_at_read_ = size_;
  if (to.is_half && size_ != to.end) return Found::nothing;  // The line goes on.
  return Found::lines;
}

void FollowedFile::acknowledge(const FollowedLines& lines) {
  STEELYARD_CHECK(lines.offset == offset_);
  if (lines.is_half) half_line_ = offset_;
  offset_ = lines.end;
}

FilePosition FollowedFile::position(bool has_other_name) const {
  FilePosition position;
  position.identity = identity_;
  position.offset = half_line_.value_or(offset_);  // A half line is sent again.
  position.prefix_bytes = prefix_.size();
  position.prefix_hash = log::sha256(prefix_);
  position.modified_nanoseconds = modified_nanoseconds_;
  position.is_finished = has_other_name && is_at_end();
  return position;
}

}  // namespace steelyard::input
