#include "steelyard/checkpoint/folder.h"

#include <algorithm>
#include <charconv>

#include "steelyard/base/limits.h"
#include "steelyard/log/file_io.h"

namespace steelyard::checkpoint {
namespace {

constexpr std::string_view extension = ".ndjson";
constexpr std::size_t number_digits = 8;
constexpr std::uint64_t file_bytes_max = std::uint64_t{4} << 20;
constexpr std::size_t window_bytes = std::size_t{64} << 10;
static_assert(window_bytes > limits::checkpoint_line_bytes_max);

/// 0: it is no file with checkpoints.
std::uint64_t number_of(std::string_view name) {
  if (name.size() != number_digits + extension.size() || !name.ends_with(extension)) return 0;
  std::uint64_t number = 0;
  const char* const begin = name.data();
  const char* const end = begin + number_digits;
  const auto read = std::from_chars(begin, end, number);
  return read.ec == std::errc() && read.ptr == end ? number : 0;
}

std::string name_of(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(number_digits - std::min(number_digits, digits.size()), '0') + digits +
         std::string(extension);
}

std::unexpected<Error> too_long(const std::string& path, std::uint64_t line) {
  return failure(ErrorCode::file_is_malformed,
                 path + ':' + std::to_string(line) + ": is longer than " +
                     std::to_string(limits::checkpoint_line_bytes_max) + " bytes");
}

/// Whether something stands behind the last line end. A line is visited whole: the window moves
/// behind the last line end in it.
Result<bool> read_lines_of(log::Files& files, const std::string& directory, const std::string& name,
                           const LineVisitor& visitor) {
  const std::string path = directory + '/' + name;
  const auto file = files.open(path, log::OpenMode::read);
  if (!file.has_value()) return std::unexpected(log::error_of(file.error(), "open", path));
  std::vector<char> window(window_bytes);
  Place place{name, 0};
  std::uint64_t offset = 0;
  while (true) {
    const auto count = log::read_up_to(**file, window.data(), window.size(), offset);
    if (!count.has_value()) return std::unexpected(log::error_of(count.error(), "read", path));
    std::string_view rest(window.data(), *count);
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;) {
      ++place.line;
      if (end > limits::checkpoint_line_bytes_max) return too_long(path, place.line);
      STEELYARD_PASS(visitor(place, rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    }
    if (rest.size() > limits::checkpoint_line_bytes_max) return too_long(path, place.line + 1);
    if (*count < window.size()) return !rest.empty();
    offset += *count - rest.size();
  }
}

}  // namespace

Result<std::vector<std::string>> list_files(log::Files& files, const std::string& directory) {
  auto names = files.list(directory);
  if (!names.has_value()) return std::unexpected(log::error_of(names.error(), "list", directory));
  std::erase_if(*names, [](const std::string& name) { return number_of(name) == 0; });
  for (std::size_t i = 1; i < names->size(); ++i) {
    const std::uint64_t wanted = number_of((*names)[i - 1]) + 1;
    if (number_of((*names)[i]) == wanted) continue;
    return failure(ErrorCode::file_is_malformed,
                   directory + '/' + name_of(wanted) + ": is missing");
  }
  return *std::move(names);
}

Result<std::uint64_t> read_lines(log::Files& files, const std::string& directory,
                                 const LineVisitor& visitor) {
  STEELYARD_TRY(names, list_files(files, directory));
  std::uint64_t torn = 0;
  for (const std::string& name : names) {
    STEELYARD_TRY(is_torn, read_lines_of(files, directory, name, visitor));
    if (is_torn) ++torn;
  }
  return torn;
}

Result<std::optional<LastLine>> last_line(log::Files& files, const std::string& directory) {
  STEELYARD_TRY(names, list_files(files, directory));
  std::optional<LastLine> last;
  for (auto name = names.rbegin(); name != names.rend() && !last.has_value(); ++name) {
    STEELYARD_PASS(read_lines_of(files, directory, *name,
                                 [&](const Place& place, std::string_view line) -> Result<void> {
                                   last = LastLine{place, std::string(line)};
                                   return {};
                                 }));
  }
  return last;
}

Result<void> FolderWriter::append(std::string_view line, std::int64_t day) {
  if (file_ == nullptr || day != day_ || size_ >= file_bytes_max) STEELYARD_PASS(begin_file(day));
  auto written = write(line);
  if (!written.has_value()) give_up_file();
  return written;
}

Result<void> FolderWriter::begin_file(std::int64_t day) {
  file_.reset();
  STEELYARD_TRY(names, list_files(*files_, directory_));
  path_ = directory_ + '/' + name_of(names.empty() ? 1 : number_of(names.back()) + 1);
  auto file = files_->open(path_, log::OpenMode::create);
  if (!file.has_value()) return std::unexpected(log::error_of(file.error(), "create", path_));
  file_ = *std::move(file);
  size_ = 0;
  day_ = day;
  if (const auto is = files_->fsync_directory(directory_); !is.has_value()) {
    give_up_file();
    return std::unexpected(log::error_of(is.error(), "sync the directory of", path_));
  }
  return {};
}

Result<void> FolderWriter::write(std::string_view line) {
  const std::string bytes = std::string(line) + '\n';
  if (const auto is = log::write_all(*file_, bytes, size_); !is.has_value()) {
    return std::unexpected(log::error_of(is.error(), "write", path_));
  }
  if (const auto is = file_->fdatasync(); !is.has_value()) {
    return std::unexpected(log::error_of(is.error(), "sync", path_));
  }
  size_ += bytes.size();
  return {};
}

/// What may be torn is not written behind. A file without a line is taken away again, or a folder
/// without room would get one at each attempt.
void FolderWriter::give_up_file() {
  file_.reset();
  if (size_ == 0) (void)files_->unlink(path_);
}

}  // namespace steelyard::checkpoint
