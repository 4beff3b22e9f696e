#include "steelyard/log/store_id.h"

#include <sys/random.h>

#include <cstdint>
#include <string_view>

#include "steelyard/base/check.h"
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
  return hex_of(bytes);
}

/// steelyard store 1, id HEX, check HEX: a line each; the check covers the lines before it.
std::string text_of(const StoreId& id) {
  std::string text = std::string(first_line) + "id " + hex_of(id) + '\n';
  text += "check " + check_of(text) + '\n';
  return text;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string hex_of(std::span<const unsigned char> bytes) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += hex[byte >> 4];
    text += hex[byte & 15];
  }
  return text;
}

Result<StoreId> read_store_id(Files& files, const std::string& directory) {
  const std::string path = directory + "/store";
  STEELYARD_TRY(text, read_file(files, path));
  constexpr std::size_t begin = first_line.size() + 3;
  StoreId id{};
  if (text.size() >= begin + 2 * id.size()) {
    for (std::size_t i = 0; i < id.size(); ++i) {
      const int high = digit_of(text[begin + 2 * i]);
      const int low = digit_of(text[begin + 2 * i + 1]);
      if (high >= 0 && low >= 0) id[i] = static_cast<unsigned char>(high * 16 + low);
    }
    if (text == text_of(id)) return id;
  }
  return failure(ErrorCode::log_is_damaged, path + ": is not the identity of a store");
}

Result<StoreId> create_store_id(Files& files, const std::string& directory) {
  StoreId id{};
  STEELYARD_CHECK(getrandom(id.data(), id.size(), 0) == static_cast<ssize_t>(id.size()));
  STEELYARD_PASS(write_file_durably(files, directory, "store", text_of(id)));
  return id;
}

}  // namespace steelyard::log
