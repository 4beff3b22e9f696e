#include "steelyard/checkpoint/key.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/base/text.h"

namespace steelyard::checkpoint {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Key owned(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

/// Nobody is asked for a password.
int no_password(char*, int, int, void*) { return 0; }

template <class Read>
Result<Key> read_pem(std::string_view pem, Read read, const std::string& expected) {
  const Bio from(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  STEELYARD_CHECK(from != nullptr);
  Key key = owned(read(from.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return failure(ErrorCode::file_is_malformed, "is not " + expected);
  }
  return key;
}

std::string taken(const Bio& from) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(from.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

PublicKey::PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  STEELYARD_CHECK(size > 0);
  id_ = log::sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
}

Result<PublicKey> PublicKey::read(std::string_view pem) {
  STEELYARD_TRY(key, read_pem(pem, PEM_read_bio_PUBKEY, "a public Ed25519 key in PEM"));
  return PublicKey(std::move(key));
}

bool PublicKey::has_signed(std::string_view text, const Signature& signature) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  STEELYARD_CHECK(context != nullptr);
  STEELYARD_CHECK(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  const bool is = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                   bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  return is;
}

std::string PublicKey::pem() const {
  const Bio to(BIO_new(BIO_s_mem()), BIO_free);
  STEELYARD_CHECK(to != nullptr && PEM_write_bio_PUBKEY(to.get(), key_.get()) == 1);
  return taken(to);
}

SigningKey::SigningKey(std::shared_ptr<evp_pkey_st> key) : key_(key), public_key_(std::move(key)) {}

SigningKey SigningKey::make() {
  Key key = owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  STEELYARD_CHECK(key != nullptr);
  return SigningKey(std::move(key));
}

Result<SigningKey> SigningKey::read(std::string_view pem) {
  STEELYARD_TRY(key, read_pem(pem, PEM_read_bio_PrivateKey,
                              "a private Ed25519 key in PEM, without a password"));
  return SigningKey(std::move(key));
}

Signature SigningKey::sign(std::string_view text) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  STEELYARD_CHECK(context != nullptr);
  STEELYARD_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  Signature signature{};
  std::size_t size = signature.size();
  STEELYARD_CHECK(
      EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(text), text.size()) == 1);
  STEELYARD_CHECK(size == signature.size());
  return signature;
}

std::string SigningKey::pem() const {
  const Bio to(BIO_new(BIO_s_secmem()), BIO_free);
  STEELYARD_CHECK(to != nullptr && PEM_write_bio_PrivateKey(to.get(), key_.get(), nullptr, nullptr,
                                                            0, nullptr, nullptr) == 1);
  return taken(to);
}

std::string signed_line(const Checkpoint& checkpoint, const SigningKey& key, Shows shows) {
  Checkpoint mine = checkpoint;
  mine.key = key.public_key().id();
  if (shows == Shows::no_totals) mine.totals.reset();
  const std::string text = text_of(mine);
  return line_of(text, key.sign(text));
}

Result<Checkpoint> checked_line(std::string_view line, const PublicKey& key) {
  STEELYARD_TRY(read, read_line(line));
  if (read.checkpoint.key != key.id()) {
    return failure(ErrorCode::file_is_malformed, "is signed with key " +
                                                     base::hex_of(read.checkpoint.key) +
                                                     ", not with " + base::hex_of(key.id()));
  }
  if (!key.has_signed(read.text, read.signature)) {
    return failure(ErrorCode::file_is_malformed, "the signature does not fit what is signed");
  }
  return std::move(read.checkpoint);
}

}  // namespace steelyard::checkpoint
