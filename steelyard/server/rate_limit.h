#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace steelyard::server {

/// How much one API key may ask for.
struct RateLimit {
  std::uint32_t per_second = 100'000;    ///< Requests, on average.
  std::uint32_t burst = 100'000;         ///< Requests at once after a pause.
  std::uint32_t concurrent = 32;         ///< Requests not yet answered, but for holds.
  std::uint32_t concurrent_holds = 256;  ///< Of these: a gateway has many calls under way.
};

/// What is counted for itself among the open requests of a key.
enum class OpenKind : std::uint8_t { hold, other };

/// A token bucket and a count of open requests for each key. Thread-safe; its time is given.
class RateLimiter {
 public:
  explicit RateLimiter(RateLimit limit);
  ~RateLimiter();

  enum class Outcome : std::uint8_t { admitted, too_fast, too_many_open };
  struct Decision {
    Outcome outcome = Outcome::admitted;
    std::uint32_t remaining = 0;               ///< Tokens left.
    std::chrono::milliseconds retry_after{0};  ///< If refused: when a token will be there.
  };
  /// Takes one token and a place among the open requests; a refusal takes neither.
  Decision enter(std::string_view key_id, std::chrono::nanoseconds now,
                 OpenKind kind = OpenKind::other);
  /// Gives the place back. Called once for each admitted `enter`.
  void leave(std::string_view key_id, OpenKind kind = OpenKind::other);

  /// How many of a kind a key may have open.
  std::uint32_t open_max(OpenKind kind) const {
    return kind == OpenKind::hold ? limit_.concurrent_holds : limit_.concurrent;
  }

  const RateLimit& limit() const { return limit_; }

 private:
  struct Buckets;
  RateLimit limit_;
  std::unique_ptr<Buckets> buckets_;
};

}  // namespace steelyard::server
