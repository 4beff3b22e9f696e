#include "steelyard/server/rate_limit.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>

#include "steelyard/base/check.h"

namespace steelyard::server {

/// Tokens are counted in billionths, so that a rate per second times nanoseconds is exact.
struct RateLimiter::Buckets {
  static constexpr std::int64_t token = 1'000'000'000;
  /// Full buckets of keys without open requests are forgotten when there are so many.
  static constexpr std::size_t keys_max = 100'000;

  struct Bucket {
    std::int64_t billionths = 0;
    std::chrono::nanoseconds filled_at{0};
    std::array<std::uint32_t, 2> open{};  ///< By OpenKind.
  };
  std::mutex mutex;
  std::unordered_map<std::string, Bucket> by_key;
};

RateLimiter::RateLimiter(RateLimit limit) : limit_(limit), buckets_(std::make_unique<Buckets>()) {
  STEELYARD_CHECK(limit.per_second > 0 && limit.burst > 0 && limit.concurrent > 0);
  STEELYARD_CHECK(limit.concurrent_holds > 0);
}

RateLimiter::~RateLimiter() = default;

RateLimiter::Decision RateLimiter::enter(std::string_view key_id, std::chrono::nanoseconds now,
                                         OpenKind kind) {
  const std::int64_t full = std::int64_t{limit_.burst} * Buckets::token;
  const std::lock_guard lock(buckets_->mutex);
  if (buckets_->by_key.size() > Buckets::keys_max) {
    std::erase_if(buckets_->by_key,
                  [](const auto& each) { return each.second.open[0] + each.second.open[1] == 0; });
  }
  auto [place, is_new] = buckets_->by_key.try_emplace(std::string(key_id));
  Buckets::Bucket& bucket = place->second;
  if (is_new) {
    bucket.billionths = full;
  } else {
    // No longer than it takes to fill the bucket: more could overflow.
    const auto passed =
        std::clamp<std::int64_t>((now - bucket.filled_at).count(), 0, full / limit_.per_second + 1);
    bucket.billionths = std::min(full, bucket.billionths + passed * limit_.per_second);
  }
  bucket.filled_at = now;

  std::uint32_t& open = bucket.open[static_cast<std::size_t>(kind)];
  Decision decision;
  decision.remaining = static_cast<std::uint32_t>(bucket.billionths / Buckets::token);
  if (open >= open_max(kind)) {
    decision.outcome = Outcome::too_many_open;
    decision.retry_after = std::chrono::milliseconds(1);
  } else if (bucket.billionths < Buckets::token) {
    decision.outcome = Outcome::too_fast;
    const std::int64_t missing = Buckets::token - bucket.billionths;
    const std::chrono::nanoseconds wait((missing + limit_.per_second - 1) / limit_.per_second);
    decision.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
  } else {
    bucket.billionths -= Buckets::token;
    ++open;
    --decision.remaining;
  }
  return decision;
}

void RateLimiter::leave(std::string_view key_id, OpenKind kind) {
  const std::lock_guard lock(buckets_->mutex);
  const auto found = buckets_->by_key.find(std::string(key_id));
  STEELYARD_CHECK(found != buckets_->by_key.end());
  std::uint32_t& open = found->second.open[static_cast<std::size_t>(kind)];
  STEELYARD_CHECK(open > 0);
  --open;
}

}  // namespace steelyard::server
