#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_cipher_ctx_st;  // OpenSSL's.

/// What an account has of people: sealed before it comes to the log, so that it can be forgotten
/// by destroying a key, and nothing in the log has to change.
namespace steelyard::personal {

using Key = std::array<unsigned char, 64>;

/// AES-256-SIV (RFC 5297) with one key for one owner, who is authenticated with what is sealed: the
/// same text becomes the same bytes, so an event that is sent again is still the same event.
/// Thread-safe.
class Sealer {
 public:
  /// Requires: `owner` is not empty.
  Sealer(const Key& key, std::string_view owner);

  /// The synthetic initialization vector, then as many bytes as the text has.
  /// Requires: the text is not empty.
  std::string seal(std::string_view text) const;

 private:
  /// Keyed, with the owner, ready for a text: to be copied, which takes a third of making it.
  std::shared_ptr<evp_cipher_ctx_st> ready_;
};

/// What was sealed; none: with another key, of another owner, or changed.
std::optional<std::string> unseal(const Key& key, std::string_view owner, std::string_view sealed);

}  // namespace steelyard::personal
