#include "steelyard/checkpoint/key_file.h"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "steelyard/base/limits.h"
#include "steelyard/log/file_io.h"

namespace steelyard::checkpoint {
namespace {

constexpr std::string_view file_name = "checkpoint-key.pem";

std::unexpected<Error> unusable(const std::string& path, const std::string& why) {
  return failure(ErrorCode::file_is_malformed, path + ": " + why);
}

std::string octal(mode_t mode) {
  std::string text = "0000";
  for (std::size_t i = 4; i-- > 0; mode >>= 3) text[i] = static_cast<char>('0' + (mode & 7));
  return text;
}

/// Reads a key out of its text, which is wiped.
template <class Key>
Result<Key> read_key(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return failure(ErrorCode::file_is_unreadable, path + ": " + std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) > limits::checkpoint_key_bytes_max) {
    return unusable(path, "is not a file with a key");
  }
  auto pem = log::read_file(log::real_files(), path);
  if (!pem.has_value()) return failure(ErrorCode::file_is_unreadable, pem.error().detail);
  auto key = Key::read(*pem);
  OPENSSL_cleanse(pem->data(), pem->size());
  if (!key.has_value()) return unusable(path, key.error().detail);
  return key;
}

}  // namespace

Result<SigningKey> read_signing_key(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    return unusable(path, "others may read or change it (mode " + octal(status.st_mode & 07777) +
                              "): chmod 0600, or better a new key");
  }
  return read_key<SigningKey>(path);
}

Result<SigningKey> signing_key_of(const std::string& directory) {
  const std::string path = directory + '/' + std::string(file_name);
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 || errno != ENOENT) return read_signing_key(path);
  SigningKey key = SigningKey::make();
  std::string pem = key.pem();
  const auto written =
      log::write_file_durably(log::real_files(), directory, std::string(file_name), pem);
  OPENSSL_cleanse(pem.data(), pem.size());
  STEELYARD_PASS(written);
  return key;
}

Result<PublicKey> read_public_key(const std::string& path) { return read_key<PublicKey>(path); }

}  // namespace steelyard::checkpoint
