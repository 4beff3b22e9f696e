#pragma once

#include <expected>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "steelyard/server/api_key.h"
#include "steelyard/server/crypto.h"
#include "steelyard/server/problem.h"

namespace steelyard::server {

/// The API keys in memory. Who keeps them on disk encodes each record, and puts all of them
/// here at the start. Thread-safe; a change is in force for the next request.
class KeyStore {
 public:
  /// The pepper is a secret of this installation, kept apart from the records. Without it, a
  /// copy of them is of no use.
  explicit KeyStore(Secret pepper) : pepper_(std::move(pepper)), mac_(pepper_.reveal()) {}

  /// Makes a key and puts it. The text is in the answer, and nowhere else.
  CreatedKey create(NewKey wanted, const RandomBytes& random, base::Instant now);
  /// Adds a record, or replaces the one of the same id.
  void put(KeyRecord record);
  /// Returns false if there is no such key. A revoked key stays, with the time.
  bool revoke(std::string_view id, base::Instant at);

  std::vector<KeyRecord> all() const;
  std::optional<KeyRecord> find(std::string_view id) const;

  /// The principal of a key's text, or a problem: unauthenticated (malformed, unknown, wrong
  /// secret, revoked, expired: all the same to the outside) or forbidden (address).
  /// Takes as long for a wrong secret as for an unknown id.
  [[nodiscard]] std::expected<Principal, Problem> authenticate(std::string_view text,
                                                               base::Instant now,
                                                               std::string_view address) const;

 private:
  const Secret pepper_;
  const MacKey mac_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, KeyRecord> keys_;
};

}  // namespace steelyard::server
