#include "steelyard/input/follow_position.h"

#include <array>
#include <charconv>
#include <filesystem>

#include "steelyard/base/text.h"
#include "steelyard/input/byte_source.h"
#include "steelyard/log/file_io.h"

namespace steelyard::input {
namespace {

constexpr std::string_view first_line = "steelyard-position 1\n";
constexpr std::string_view wanted_word = "wanted-since ";
constexpr std::string_view check_word = "sha256 ";
constexpr std::size_t position_bytes_max = 1'048'576;

std::unexpected<Error> malformed() {
  return failure(ErrorCode::file_is_malformed, "is no position, or is damaged");
}

/// The word before the next blank; takes both off.
std::string_view next_word(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return word;
}

template <class Number>
bool read_number(std::string_view text, Number& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_file_line(std::string_view line, FilePosition& to) {
  const bool is_read = read_number(next_word(line), to.identity.device) &&
                       read_number(next_word(line), to.identity.number) &&
                       read_number(next_word(line), to.offset) &&
                       read_number(next_word(line), to.prefix_bytes) &&
                       base::read_hex(next_word(line), to.prefix_hash) &&
                       read_number(next_word(line), to.modified_nanoseconds);
  to.is_finished = line == "finished";
  return is_read && to.prefix_bytes <= prefix_bytes_max && (to.is_finished || line == "open");
}

bool read_line(std::string_view line, FollowPosition& to) {
  if (!line.starts_with(wanted_word)) return read_file_line(line, to.files.emplace_back());
  return read_number(line.substr(wanted_word.size()), to.wanted_since_nanoseconds.emplace());
}

}  // namespace

std::string to_text(const FollowPosition& position) {
  std::string text(first_line);
  if (position.wanted_since_nanoseconds.has_value()) {
    text += std::string(wanted_word) + std::to_string(*position.wanted_since_nanoseconds) + '\n';
  }
  for (const FilePosition& file : position.files) {
    text += std::to_string(file.identity.device) + ' ' + std::to_string(file.identity.number) +
            ' ' + std::to_string(file.offset) + ' ' + std::to_string(file.prefix_bytes) + ' ' +
            log::to_text(file.prefix_hash) + ' ' + std::to_string(file.modified_nanoseconds) +
            (file.is_finished ? " finished\n" : " open\n");
  }
  return text + std::string(check_word) + log::to_text(log::sha256(text)) + '\n';
}

Result<FollowPosition> position_of_text(std::string_view text) {
  const std::size_t check = text.rfind(check_word);
  if (check == std::string_view::npos || !text.starts_with(first_line)) return malformed();
  const std::string_view lines = text.substr(0, check);
  if (text.substr(check) != std::string(check_word) + log::to_text(log::sha256(lines)) + '\n') {
    return malformed();
  }
  FollowPosition position;
  for (std::string_view rest = lines.substr(first_line.size()); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || !read_line(rest.substr(0, end), position)) {
      return malformed();
    }
    rest.remove_prefix(end + 1);
  }
  return position;
}

Result<FollowPosition> read_position(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return FollowPosition();
  STEELYARD_TRY(text, read_file(path, position_bytes_max));
  auto position = position_of_text(text);
  if (position.has_value()) return position;
  return failure(position.error().code,
                 path + ": " + position.error().detail +
                     "; remove it to begin with the start of the file: sending again is safe");
}

Result<void> write_position(const std::string& path, const FollowPosition& position) {
  const std::filesystem::path whole(path);
  const std::string folder = whole.has_parent_path() ? whole.parent_path().string() : ".";
  return log::write_file_durably(log::real_files(), folder, whole.filename().string(),
                                 to_text(position));
}

}  // namespace steelyard::input
