#include "steelyard/log/file_io.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace steelyard::log {

bool is_full(int error) { return error == ENOSPC || error == EDQUOT; }

Error error_of(int error, std::string_view what, std::string_view path) {
  std::string detail(path);
  detail += ": ";
  detail += what;
  detail += ": ";
  detail += std::generic_category().message(error);
  return {is_full(error) ? ErrorCode::disk_full : ErrorCode::storage_failed, std::move(detail)};
}

Io<void> write_all(File& file, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const Io<std::size_t> count = file.pwrite(bytes.data(), bytes.size(), offset);
    if (!count.has_value()) {
      if (count.error() == EINTR || count.error() == EAGAIN) continue;
      return std::unexpected(count.error());
    }
    if (*count == 0) return std::unexpected(EIO);
    bytes.remove_prefix(*count);
    offset += *count;
  }
  return {};
}

Io<std::size_t> read_up_to(File& file, char* to, std::size_t size, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const Io<std::size_t> count = file.pread(to + done, size - done, offset + done);
    if (!count.has_value()) {
      if (count.error() == EINTR) continue;
      return std::unexpected(count.error());
    }
    if (*count == 0) break;
    done += *count;
  }
  return done;
}

Result<std::unique_ptr<File>> open_file(Files& files, const std::string& path, OpenMode mode) {
  auto file = files.open(path, mode);
  if (!file.has_value()) return std::unexpected(error_of(file.error(), "open", path));
  return *std::move(file);
}

Result<std::string> read_file(Files& files, const std::string& path) {
  STEELYARD_TRY(file, open_file(files, path, OpenMode::read));
  const Io<std::uint64_t> size = file->size();
  if (!size.has_value()) return std::unexpected(error_of(size.error(), "size", path));
  std::string content(*size, '\0');
  const Io<std::size_t> count = read_up_to(*file, content.data(), content.size(), 0);
  if (!count.has_value()) return std::unexpected(error_of(count.error(), "read", path));
  content.resize(*count);
  return content;
}

Result<void> write_file_durably(Files& files, const std::string& directory, const std::string& name,
                                std::string_view content) {
  return write_file_durably(files, directory, name, [&](File& file) -> Result<void> {
    const auto is = write_all(file, content, 0);
    if (is.has_value()) return {};
    return std::unexpected(error_of(is.error(), "write", directory + '/' + name));
  });
}

Result<void> write_file_durably(Files& files, const std::string& directory, const std::string& name,
                                const std::function<Result<void>(File&)>& write) {
  const std::string path = directory + '/' + name;
  const std::string temporary = path + ".new";
  const auto failed = [&](const char* what, int error) {
    return std::unexpected(error_of(error, what, path));
  };
  if (const auto gone = files.unlink(temporary); !gone.has_value() && gone.error() != ENOENT) {
    return failed("remove the old temporary file of", gone.error());
  }
  {
    auto file = files.open(temporary, OpenMode::create);
    if (!file.has_value()) return failed("create", file.error());
    STEELYARD_PASS(write(**file));
    if (const auto is = (*file)->fsync(); !is.has_value()) return failed("sync", is.error());
  }
  if (const auto is = files.rename(temporary, path); !is.has_value()) {
    return failed("rename", is.error());
  }
  if (const auto is = files.fsync_directory(directory); !is.has_value()) {
    return failed("sync the directory of", is.error());
  }
  return {};
}

Result<void> ensure_directory(Files& files, const std::string& path) {
  const Io<void> made = files.make_directory(path);
  if (!made.has_value() && made.error() != EEXIST) {
    return std::unexpected(error_of(made.error(), "create the directory", path));
  }
  // Also of one that is written with a slash at its end.
  const auto parent = (std::filesystem::path(path) / "").parent_path().parent_path();
  if (const auto is = files.fsync_directory(parent.empty() ? "." : parent.string());
      !is.has_value() && (made.has_value() || is.error() != EACCES)) {
    return std::unexpected(error_of(is.error(), "sync the directory of", path));
  }
  return {};
}

}  // namespace steelyard::log
