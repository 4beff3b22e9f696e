#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "steelyard/server/request.h"

namespace steelyard::server {

/// What identifies a command of a client: its tenant and the key that the client chose.
struct IdempotencyKey {
  std::string tenant;
  std::string key;  ///< 1 to 128 printable ASCII characters.

  bool operator==(const IdempotencyKey&) const = default;
};

/// What is known of a key when a command arrives.
struct IdempotencyState {
  enum class Kind : std::uint8_t {
    fresh,     ///< Never seen: it is now running, and is ended by complete or abandon.
    running,   ///< 409: the first one is not answered yet.
    other,     ///< 422: the key belongs to another command.
    answered,  ///< Replayed with Idempotent-Replayed: true.
    full,      ///< 503: no place for another key.
  };
  Kind kind = Kind::fresh;
  Response response;  ///< If answered.
};

/// Remembers the answers to commands, so that the same request twice gives the same answer
/// once. The server calls it for every route with needs_idempotency_key; the core may give
/// one that is kept in its log. Thread-safe.
class Idempotency {
 public:
  virtual ~Idempotency() = default;
  /// `request_hash` covers method, target and unpacked body.
  virtual IdempotencyState begin(const IdempotencyKey& key, std::string_view request_hash) = 0;
  /// Keeps the answer. Called once for a key that began fresh.
  virtual void complete(const IdempotencyKey& key, const Response& response) = 0;
  /// Forgets a command that was refused: it may be sent again.
  virtual void abandon(const IdempotencyKey& key) = 0;
};

/// In memory: the oldest answers are forgotten when there are too many; running ones never.
std::unique_ptr<Idempotency> idempotency_in_memory(std::size_t keys_max = 100'000,
                                                   std::size_t bytes_max = 64 * 1024 * 1024);

}  // namespace steelyard::server
