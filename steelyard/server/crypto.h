#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;  // OpenSSL's.

namespace steelyard::server {

using Mac = std::array<unsigned char, 32>;

/// HMAC-SHA-256 (RFC 2104).
Mac hmac_sha256(std::string_view key, std::string_view message);

/// The same with one key, at a fifth of the time. Thread-safe.
class MacKey {
 public:
  explicit MacKey(std::string_view key);
  ~MacKey();
  MacKey(const MacKey&) = delete;
  MacKey& operator=(const MacKey&) = delete;

  Mac of(std::string_view message) const;

 private:
  mutable std::mutex mutex_;
  evp_mac_ctx_st* const context_;
};

Mac sha256(std::string_view text);

/// Takes as long for any two texts of the same length.
bool is_equal_in_constant_time(std::string_view a, std::string_view b);

inline std::string_view view_of(const Mac& mac) {
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

/// CRC-32 as in zip and gzip.
std::uint32_t crc32_of(std::string_view text);

/// "00ff…", and back; an empty text if it is not hexadecimal.
std::string to_hex(std::string_view bytes);
std::string from_hex(std::string_view text);

/// Bytes as base64url without padding (RFC 4648, section 5), and back; false if it is none.
std::string to_base64url(std::string_view bytes);
[[nodiscard]] bool from_base64url(std::string_view text, std::string& bytes);

}  // namespace steelyard::server
