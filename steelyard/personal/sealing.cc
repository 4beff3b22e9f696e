#include "steelyard/personal/sealing.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

#include "steelyard/base/check.h"

namespace steelyard::personal {
namespace {

constexpr std::size_t vector_bytes = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const EVP_CIPHER* cipher() {
  static EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-SIV", nullptr);
  STEELYARD_CHECK(fetched != nullptr);
  return fetched;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Sealer::Sealer(const Key& key, std::string_view owner)
    : ready_(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free) {
  STEELYARD_CHECK(ready_ != nullptr && !owner.empty());
  int size = 0;
  STEELYARD_CHECK(EVP_EncryptInit_ex2(ready_.get(), cipher(), key.data(), nullptr, nullptr) == 1);
  STEELYARD_CHECK(EVP_EncryptUpdate(ready_.get(), nullptr, &size, bytes_of(owner),
                                    static_cast<int>(owner.size())) == 1);
}

std::string Sealer::seal(std::string_view text) const {
  STEELYARD_CHECK(!text.empty());
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  STEELYARD_CHECK(context != nullptr);
  STEELYARD_CHECK(EVP_CIPHER_CTX_copy(context.get(), ready_.get()) == 1);
  std::string sealed(vector_bytes + text.size(), '\0');
  int size = 0;
  STEELYARD_CHECK(EVP_EncryptUpdate(context.get(), bytes_of(sealed) + vector_bytes, &size,
                                    bytes_of(text), static_cast<int>(text.size())) == 1);
  STEELYARD_CHECK(size == static_cast<int>(text.size()));
  STEELYARD_CHECK(EVP_EncryptFinal_ex(context.get(), bytes_of(sealed), &size) == 1);
  STEELYARD_CHECK(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, vector_bytes, sealed.data()) == 1);
  return sealed;
}

std::optional<std::string> unseal(const Key& key, std::string_view owner, std::string_view sealed) {
  if (sealed.size() <= vector_bytes || owner.empty()) return std::nullopt;
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  STEELYARD_CHECK(context != nullptr);
  std::string vector(sealed.substr(0, vector_bytes));
  const std::string_view rest = sealed.substr(vector_bytes);
  std::string text(rest.size(), '\0');
  int size = 0;
  STEELYARD_CHECK(EVP_DecryptInit_ex2(context.get(), cipher(), key.data(), nullptr, nullptr) == 1);
  STEELYARD_CHECK(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, vector_bytes, vector.data()) == 1);
  STEELYARD_CHECK(EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(owner),
                                    static_cast<int>(owner.size())) == 1);
  if (EVP_DecryptUpdate(context.get(), bytes_of(text), &size, bytes_of(rest),
                        static_cast<int>(rest.size())) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return text;
}

}  // namespace steelyard::personal
