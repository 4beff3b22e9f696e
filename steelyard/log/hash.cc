#include "steelyard/log/hash.h"

#include <openssl/evp.h>

#include "steelyard/base/check.h"
#include "steelyard/base/text.h"

namespace steelyard::log {

Hash sha256(std::string_view bytes) {
  Hash hash{};
  unsigned size = 0;
  STEELYARD_CHECK(
      EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, EVP_sha256(), nullptr) == 1);
  STEELYARD_CHECK(size == hash.size());
  return hash;
}

std::string to_text(const Hash& hash) { return base::hex_of(hash); }

}  // namespace steelyard::log
