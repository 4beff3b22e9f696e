#include "steelyard/log/mirrored_files.h"

#include <cerrno>
#include <utility>

#include "steelyard/base/hash.h"
#include "steelyard/base/thread.h"
#include "steelyard/log/file_io.h"

namespace steelyard::log {
namespace {

class MirroredFile final : public File {
 public:
  MirroredFile(MirroredFiles& files, std::unique_ptr<File> first, std::unique_ptr<File> second)
      : files_(files), first_(std::move(first)), second_(std::move(second)) {}

  Io<std::size_t> pread(char* to, std::size_t size, std::uint64_t offset) override {
    return first_->pread(to, size, offset);
  }

  /// As much as the first has taken.
  Io<std::size_t> pwrite(const char* from, std::size_t size, std::uint64_t offset) override {
    const Io<std::size_t> count = first_->pwrite(from, size, offset);
    if (!count.has_value()) return count;
    if (const auto is = write_all(*second_, {from, *count}, offset); !is.has_value()) {
      return files_.second_failed(is.error());
    }
    return count;
  }

  Io<void> fdatasync() override {
    return files_.together([this] { return first_->fdatasync(); },
                           [this] { return second_->fdatasync(); });
  }
  Io<void> fsync() override {
    return files_.together([this] { return first_->fsync(); }, [this] { return second_->fsync(); });
  }
  Io<void> ftruncate(std::uint64_t size) override {
    return files_.both(first_->ftruncate(size), second_->ftruncate(size));
  }

  /// Where one of them can not, what is written makes the file longer.
  Io<void> fallocate(std::uint64_t size) override {
    const Io<void> first = first_->fallocate(size);
    const Io<void> second = second_->fallocate(size);
    const bool is_only_here = !second.has_value() && second.error() == EOPNOTSUPP;
    return is_only_here ? first : files_.both(first, second);
  }
  Io<std::uint64_t> size() override { return first_->size(); }
  Io<void> drop_cache(std::uint64_t offset, std::uint64_t size) override {
    const Io<void> first = first_->drop_cache(offset, size);
    const Io<void> second = second_->drop_cache(offset, size);
    return first.has_value() ? second : first;
  }

 private:
  MirroredFiles& files_;
  std::unique_ptr<File> first_;
  std::unique_ptr<File> second_;
};

}  // namespace

MirroredFiles::MirroredFiles(Files& files, std::string first, std::string second)
    : files_(files), first_(std::move(first)), second_(std::move(second)), thread_([this] {
        base::name_thread("log-mirror");
        run();
      }) {}

MirroredFiles::~MirroredFiles() {
  {
    const std::lock_guard guard(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MirroredFiles::run() {
  std::unique_lock guard(mutex_);
  while (true) {
    changed_.wait(guard, [this] { return job_ != nullptr || is_over_; });
    if (job_ == nullptr) return;
    const auto* const job = job_;
    guard.unlock();
    const Io<void> done = (*job)();
    guard.lock();
    done_ = done;
    job_ = nullptr;
    changed_.notify_all();
  }
}

Io<void> MirroredFiles::together(const std::function<Io<void>()>& first,
                                 const std::function<Io<void>()>& second) {
  {
    const std::lock_guard guard(mutex_);
    job_ = &second;
  }
  changed_.notify_all();
  const Io<void> is = first();
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] { return job_ == nullptr; });
  return both(is, done_);
}

std::unexpected<int> MirroredFiles::second_failed(int error) {
  second_has_failed_ = true;
  return std::unexpected(error);
}

Io<void> MirroredFiles::both(const Io<void>& first, const Io<void>& second) {
  if (first.has_value() && !second.has_value()) return second_failed(second.error());
  return first;
}

bool MirroredFiles::is_mirrored(const std::string& path) const {
  return path.starts_with(first_) && (path.size() == first_.size() || path[first_.size()] == '/');
}

std::string MirroredFiles::second(const std::string& path) const {
  return second_ + path.substr(first_.size());
}

Io<std::unique_ptr<File>> MirroredFiles::open(const std::string& path, OpenMode mode) {
  auto first = files_.open(path, mode);
  if (!first.has_value() || mode == OpenMode::read || !is_mirrored(path)) return first;
  auto other = files_.open(second(path), mode);
  // The watermark alone may be missing: the files of the log were compared before.
  if (!other.has_value() && other.error() == ENOENT && mode == OpenMode::write) {
    other = files_.open(second(path), OpenMode::create);
  }
  if (!other.has_value()) return second_failed(other.error());
  return std::make_unique<MirroredFile>(*this, *std::move(first), *std::move(other));
}

Io<void> MirroredFiles::make_directory(const std::string& path) {
  const Io<void> first = files_.make_directory(path);
  if (!is_mirrored(path)) return first;
  const Io<void> other = files_.make_directory(second(path));
  const bool was_there = !other.has_value() && other.error() == EEXIST;
  return was_there ? first : both(first, other);
}

Io<std::vector<std::string>> MirroredFiles::list(const std::string& directory) {
  return files_.list(directory);
}

Io<void> MirroredFiles::rename(const std::string& from, const std::string& to) {
  const Io<void> first = files_.rename(from, to);
  if (!first.has_value() || !is_mirrored(from)) return first;
  // Whatever the reason, it is not as before: no error that can be recovered from.
  if (!files_.rename(second(from), second(to)).has_value()) return second_failed(EIO);
  return {};
}

/// ENOENT: it is in neither.
Io<void> MirroredFiles::unlink(const std::string& path) {
  const Io<void> first = files_.unlink(path);
  if (!is_mirrored(path)) return first;
  const Io<void> other = files_.unlink(second(path));
  if (!other.has_value() && other.error() == ENOENT) return first;
  if (!first.has_value() && first.error() == ENOENT) return other;
  return both(first, other);
}

Io<void> MirroredFiles::fsync_directory(const std::string& path) {
  const Io<void> first = files_.fsync_directory(path);
  if (!is_mirrored(path)) return first;
  return both(first, files_.fsync_directory(second(path)));
}

Io<FileIdentity> MirroredFiles::identity(const std::string& path) {
  const auto first = files_.identity(path);
  if (!first.has_value() || !is_mirrored(path)) return first;
  const auto other = files_.identity(second(path));
  if (!other.has_value()) return other;
  return FileIdentity{.device = base::hash_pair(first->device, other->device),
                      .number = base::hash_pair(first->number, other->number)};
}

Io<std::unique_ptr<File>> MirroredFiles::lock(const std::string& path) { return files_.lock(path); }

}  // namespace steelyard::log
