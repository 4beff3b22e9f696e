#include "steelyard/log/store_id.h"

#include <sys/random.h>

#include <cstdint>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/base/text.h"
#include "steelyard/log/crc32c.h"
#include "steelyard/log/file_io.h"

namespace steelyard::log {
namespace {

constexpr std::string_view first_line = "steelyard store 1\n";

std::string check_of(std::string_view text) {
  const std::uint32_t crc = crc32c(text);
  const std::array<unsigned char, 4> bytes = {
      static_cast<unsigned char>(crc >> 24), static_cast<unsigned char>(crc >> 16),
      static_cast<unsigned char>(crc >> 8), static_cast<unsigned char>(crc)};
  return base::hex_of(bytes);
}

/// steelyard store 1, id HEX, check HEX: a line each; the check covers the lines before it.
std::string text_of(const StoreId& id) {
  std::string text = std::string(first_line) + "id " + base::hex_of(id) + '\n';
  text += "check " + check_of(text) + '\n';
  return text;
}

}  // namespace

Result<StoreId> read_store_id(Files& files, const std::string& directory) {
  const std::string path = directory + "/store";
  STEELYARD_TRY(text, read_file(files, path));
  constexpr std::size_t begin = first_line.size() + 3;
  StoreId id{};
  const bool has_id = text.size() >= begin + 2 * id.size() &&
                      base::read_hex(std::string_view(text).substr(begin, 2 * id.size()), id);
  if (has_id && text == text_of(id)) return id;
  return failure(ErrorCode::log_is_damaged, path + ": is not the identity of a store");
}

Result<StoreId> create_store_id(Files& files, const std::string& directory) {
  StoreId id{};
  STEELYARD_CHECK(getrandom(id.data(), id.size(), 0) == static_cast<ssize_t>(id.size()));
  STEELYARD_PASS(write_file_durably(files, directory, "store", text_of(id)));
  return id;
}

}  // namespace steelyard::log
