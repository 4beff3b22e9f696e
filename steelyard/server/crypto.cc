#include "steelyard/server/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <zlib.h>

#include <cstdint>

#include "steelyard/base/check.h"
#include "steelyard/server/clock.h"
#include "steelyard/server/secret.h"

namespace steelyard::server {
namespace {

constexpr std::string_view base64url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

EVP_MAC_CTX* new_hmac_context() {
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(hmac);
  EVP_MAC_free(hmac);
  STEELYARD_CHECK(context != nullptr);
  return context;
}

}  // namespace

Mac hmac_sha256(std::string_view key, std::string_view message) {
  Mac mac{};
  unsigned size = 0;
  const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message),
                          message.size(), mac.data(), &size);
  STEELYARD_CHECK(made != nullptr && size == mac.size());
  return mac;
}

MacKey::MacKey(std::string_view key) : context_(new_hmac_context()) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  STEELYARD_CHECK(EVP_MAC_init(context_, bytes_of(key), key.size(), parameters) == 1);
}

MacKey::~MacKey() { EVP_MAC_CTX_free(context_); }

Mac MacKey::of(std::string_view message) const {
  Mac mac{};
  std::size_t size = 0;
  const std::lock_guard lock(mutex_);
  // Without a key it begins anew with the one that it has.
  STEELYARD_CHECK(EVP_MAC_init(context_, nullptr, 0, nullptr) == 1);
  STEELYARD_CHECK(EVP_MAC_update(context_, bytes_of(message), message.size()) == 1);
  STEELYARD_CHECK(EVP_MAC_final(context_, mac.data(), &size, mac.size()) == 1);
  STEELYARD_CHECK(size == mac.size());
  return mac;
}

Mac sha256(std::string_view text) {
  Mac digest{};
  unsigned size = 0;
  STEELYARD_CHECK(
      EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  STEELYARD_CHECK(size == digest.size());
  return digest;
}

bool is_equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::uint32_t crc32_of(std::string_view text) {
  return static_cast<std::uint32_t>(crc32(0, bytes_of(text), static_cast<uInt>(text.size())));
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15U];
  }
  return text;
}

std::string from_hex(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string bytes;
  if (text.size() % 2 != 0) return {};
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = digits.find(text[i]);
    const std::size_t low = digits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string to_base64url(std::string_view bytes) {
  std::string text;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char byte : bytes) {
    held = (held << 8) | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6;) {
      bits -= 6;
      text += base64url[(held >> bits) & 63U];
    }
  }
  if (bits > 0) text += base64url[(held << (6 - bits)) & 63U];
  return text;
}

bool from_base64url(std::string_view text, std::string& bytes) {
  bytes.clear();
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char digit : text) {
    const std::size_t value = base64url.find(digit);
    if (value == std::string_view::npos) return false;
    held = (held << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((held >> bits) & 255U);
    }
  }
  // One spelling only: no lone digit, and what is left over is zero.
  return bits < 6 && (held & ((std::uint32_t{1} << bits) - 1)) == 0;
}

RandomBytes system_random() {
  return [](std::span<unsigned char> bytes) {
    STEELYARD_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  };
}

Clock Clock::system() {
  return {.wall =
              [] {
                const auto since = std::chrono::system_clock::now().time_since_epoch();
                const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
                const auto rest =
                    std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds);
                return base::Instant{seconds.count(), static_cast<std::uint32_t>(rest.count())};
              },
          .steady =
              [] {
                return std::chrono::duration_cast<std::chrono::nanoseconds>(
                    std::chrono::steady_clock::now().time_since_epoch());
              }};
}

void Secret::wipe() {
  OPENSSL_cleanse(text_.data(), text_.size());
  text_.clear();
}

Secret::Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = other.text_;
    other.wipe();
  }
  return *this;
}

}  // namespace steelyard::server
