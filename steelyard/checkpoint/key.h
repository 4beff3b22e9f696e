#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/checkpoint/checkpoint.h"

struct evp_pkey_st;  // OpenSSL's.

namespace steelyard::checkpoint {

/// By which anybody tells whose signature it is. Ed25519.
class PublicKey {
 public:
  /// "-----BEGIN PUBLIC KEY-----". Errors: file_is_malformed.
  [[nodiscard]] static Result<PublicKey> read(std::string_view pem);

  bool has_signed(std::string_view text, const Signature& signature) const;
  const KeyId& id() const { return id_; }
  std::string pem() const;

 private:
  friend class SigningKey;
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  KeyId id_{};
};

/// Who has it can sign anything. Ed25519.
class SigningKey {
 public:
  static SigningKey make();

  /// "-----BEGIN PRIVATE KEY-----", not encrypted. Errors: file_is_malformed.
  [[nodiscard]] static Result<SigningKey> read(std::string_view pem);

  Signature sign(std::string_view text) const;
  const PublicKey& public_key() const { return public_key_; }
  std::string pem() const;  ///< The caller wipes it.

 private:
  explicit SigningKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;
};

/// Whether a line has the totals of its checkpoint.
enum class Shows : std::uint8_t { all, no_totals };

/// A checkpoint as a line of that key, whatever key it names.
std::string signed_line(const Checkpoint& checkpoint, const SigningKey& key,
                        Shows shows = Shows::all);

/// Reads a line that the key must have signed. Errors: file_is_malformed.
[[nodiscard]] Result<Checkpoint> checked_line(std::string_view line, const PublicKey& key);

}  // namespace steelyard::checkpoint
