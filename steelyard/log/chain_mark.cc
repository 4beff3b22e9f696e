#include "steelyard/log/chain_mark.h"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "steelyard/base/text.h"
#include "steelyard/log/crc32c.h"
#include "steelyard/log/file_io.h"
#include "steelyard/log/hash.h"

namespace steelyard::log {
namespace {

constexpr std::string_view file_name = "chain";
constexpr std::string_view first_line = "steelyard chain 1\n";
constexpr std::size_t digits = 20;  // Of the largest number: all texts have one length.
constexpr std::size_t point_bytes = digits + 1 + digits + 1 + 2 * Hash().size() + 1;

std::string padded(std::uint64_t number) {
  const std::string text = std::to_string(number);
  return std::string(digits - text.size(), '0') + text;
}

/// What is no number is found by comparing the whole text.
void read_number(std::string_view text, std::uint64_t& to) {
  std::from_chars(text.data(), text.data() + text.size(), to);
}

std::string text_of(const ChainPoint& point) {
  std::string text = std::string(first_line) + padded(point.frame_number) + ' ' +
                     padded(point.sequence) + ' ' + to_text(point.previous_hash) + '\n';
  return text + "check " + padded(crc32c(text)) + '\n';
}

/// None: it is not as it was written.
std::optional<ChainPoint> point_of(std::string_view text) {
  if (text.size() < first_line.size() + point_bytes) return std::nullopt;
  const std::string_view line = text.substr(first_line.size());
  ChainPoint point;
  read_number(line.substr(0, digits), point.frame_number);
  read_number(line.substr(digits + 1, digits), point.sequence);
  if (!base::read_hex(line.substr(2 * digits + 2, 2 * Hash().size()), point.previous_hash)) {
    return std::nullopt;
  }
  return text == text_of(point) ? std::optional(point) : std::nullopt;
}

std::unexpected<Error> refused(const std::string& is) {
  return failure(ErrorCode::log_is_damaged,
                 is + ": it was lost, or replaced by an older or another one. Bring the right one "
                      "back, from the mirror or a backup; to go on with this one, remove state, "
                      "identities, charges.duckdb and chain beside it, which are made anew");
}

}  // namespace

std::unexpected<Error> log_was_lost(const LocalLog& log, const std::string& what,
                                    std::uint64_t record) {
  return refused("the log ends with record " + std::to_string(log.durable_end() - 1) + ", and " +
                 what + " goes up to record " + std::to_string(record));
}

Result<ChainMark> ChainMark::open(Files& files, const std::string& directory) {
  ChainMark mark;
  mark.path_ = directory + '/' + std::string(file_name);
  auto file = files.open(mark.path_, OpenMode::write);
  if (!file.has_value() && file.error() == ENOENT) {
    STEELYARD_PASS(write_file_durably(files, directory, std::string(file_name), ""));
    file = files.open(mark.path_, OpenMode::write);
  }
  if (!file.has_value()) return std::unexpected(error_of(file.error(), "open", mark.path_));
  mark.file_ = *std::move(file);
  return mark;
}

Result<void> ChainMark::write(const ChainPoint& head) {
  const auto is = write_all(*file_, text_of(head), 0);
  if (is.has_value() || is_full(is.error())) return {};
  return std::unexpected(error_of(is.error(), "write", path_));
}

Result<void> ChainMark::sync() {
  if (const auto is = file_->fdatasync(); !is.has_value()) {
    return std::unexpected(error_of(is.error(), "sync", path_));
  }
  return {};
}

Result<void> check_chain_mark(Files& files, const std::string& directory, const LocalLog& log) {
  const std::string path = directory + '/' + std::string(file_name);
  if (const auto file = files.open(path, OpenMode::read); !file.has_value()) {
    if (file.error() == ENOENT) return {};
    return std::unexpected(error_of(file.error(), "open", path));
  }
  STEELYARD_TRY(text, read_file(files, path));
  const std::optional<ChainPoint> mark = point_of(text);
  if (!mark.has_value() || mark->sequence <= 1) return {};
  if (mark->sequence > log.durable_end()) return log_was_lost(log, path, mark->sequence - 1);
  STEELYARD_TRY(point, log.point_behind(mark->sequence - 1));
  if (point == *mark) return {};
  return refused("the log has another record " + std::to_string(mark->sequence - 1) + " than " +
                 path + " says");
}

}  // namespace steelyard::log
