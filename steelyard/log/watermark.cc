#include "steelyard/log/watermark.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "steelyard/base/text.h"
#include "steelyard/log/bytes.h"
#include "steelyard/log/crc32c.h"
#include "steelyard/log/file_io.h"

namespace steelyard::log {
namespace {

constexpr std::string_view file_name = "watermark";
constexpr std::string_view magic = "SYWATER\n";
constexpr std::size_t place_bytes = 512;
constexpr std::size_t checked_bytes = 40;
constexpr std::size_t mark_bytes = 44;

bool is_whole(std::string_view bytes) {
  return bytes.size() >= mark_bytes && bytes.starts_with(magic) &&
         crc32c(bytes.substr(0, checked_bytes)) ==
             load<std::uint32_t>(bytes.data() + checked_bytes);
}

}  // namespace

Result<std::optional<Watermark>> read_watermark(Files& files, const std::string& directory,
                                                const StoreId& store) {
  const std::string path = directory + '/' + std::string(file_name);
  if (const auto file = files.open(path, OpenMode::read); !file.has_value()) {
    if (file.error() == ENOENT) return std::nullopt;
    return std::unexpected(error_of(file.error(), "open", path));
  }
  STEELYARD_TRY(content, read_file(files, path));
  std::optional<Watermark> last;
  for (std::size_t at = 0; at < 2 * place_bytes && at < content.size(); at += place_bytes) {
    const std::string_view bytes = std::string_view(content).substr(at);
    if (!is_whole(bytes)) continue;
    if (load<StoreId>(bytes.data() + 8) != store) {
      return failure(ErrorCode::other_store, path + ": belongs to store " +
                                                 base::hex_of(load<StoreId>(bytes.data() + 8)) +
                                                 ", this is " + base::hex_of(store));
    }
    const Watermark mark{load<std::uint64_t>(bytes.data() + 24),
                         load<std::uint64_t>(bytes.data() + 32)};
    if (!last.has_value() || mark.frame_number > last->frame_number) last = mark;
  }
  return last;
}

Result<WatermarkFile> WatermarkFile::open(Files& files, const std::string& directory,
                                          const StoreId& store) {
  WatermarkFile mark;
  mark.path_ = directory + '/' + std::string(file_name);
  mark.store_ = store;
  auto file = files.open(mark.path_, OpenMode::write);
  if (!file.has_value() && file.error() == ENOENT) {
    STEELYARD_PASS(write_file_durably(files, directory, std::string(file_name),
                                      std::string(2 * place_bytes, '\0')));
    file = files.open(mark.path_, OpenMode::write);
  }
  if (!file.has_value()) return std::unexpected(error_of(file.error(), "open", mark.path_));
  mark.file_ = *std::move(file);
  return mark;
}

Result<void> WatermarkFile::write(const Watermark& mark) {
  std::array<char, mark_bytes> bytes{};
  std::ranges::copy(magic, bytes.data());
  store(bytes.data() + 8, store_);
  store(bytes.data() + 24, mark.frame_number);
  store(bytes.data() + 32, mark.end_sequence);
  store(bytes.data() + checked_bytes, crc32c({bytes.data(), checked_bytes}));
  const auto is =
      write_all(*file_, {bytes.data(), bytes.size()}, mark.frame_number % 2 * place_bytes);
  if (!is.has_value() && !is_full(is.error())) {
    return std::unexpected(error_of(is.error(), "write", path_));
  }
  return {};
}

Result<void> WatermarkFile::sync() {
  if (const auto is = file_->fdatasync(); !is.has_value()) {
    return std::unexpected(error_of(is.error(), "sync", path_));
  }
  return {};
}

}  // namespace steelyard::log
