#include "steelyard/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "steelyard/input/byte_source.h"

namespace steelyard::cli {

Progress::Progress(const std::vector<std::string>& files, bool is_quiet)
    : is_on_(!is_quiet && isatty(STDERR_FILENO) == 1) {
  for (const std::string& file : files) {
    const auto bytes = input::file_bytes(file);
    if (!bytes.has_value()) {
      bytes_total_ = 0;
      return;
    }
    bytes_total_ += *bytes;
  }
}

void Progress::show(std::uint64_t bytes_done) {
  if (!is_on_) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  is_shown_ = true;
  const std::string text = '\r' + bar(bytes_done, now - begin_) + "\x1b[K";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Progress::clear() {
  if (is_shown_) std::fputs("\r\x1b[K", stderr);
}

std::string Progress::bar(std::uint64_t bytes_done, Clock::duration elapsed) const {
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(
      1, std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count()));
  const std::string speed = std::to_string(bytes_done / 1'000'000) + " MB, " +
                            std::to_string(bytes_done / 1'000 / ms) + " MB/s";
  if (bytes_total_ == 0) return "rating: " + speed;
  constexpr std::uint64_t width = 30;
  const std::uint64_t done = std::min(bytes_done, bytes_total_);
  const std::uint64_t filled = done * width / bytes_total_;
  const std::uint64_t seconds_left =
      (bytes_total_ - done) * ms / std::max<std::uint64_t>(done, 1) / 1'000;
  return "rating [" + std::string(filled, '#') + std::string(width - filled, '.') + "] " +
         std::to_string(done * 100 / bytes_total_) + "%  " + speed + ", " +
         std::to_string(seconds_left) + " s left";
}

}  // namespace steelyard::cli
