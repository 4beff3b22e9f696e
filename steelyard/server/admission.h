#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "steelyard/server/route_table.h"
#include "steelyard/server/server_limits.h"

namespace steelyard::server {

/// How much of everything a lane may fill, so that there is always room for more urgent ones:
/// holds all, ingest 80 %, reads 60 %, bulk 40 %.
constexpr std::size_t share_of(Lane lane, std::size_t all) {
  return all / 5 * (5 - static_cast<std::size_t>(lane));
}

/// Counts requests and bytes that are in memory, and refuses before they are read: what is
/// admitted is answered. Thread-safe.
class Admission {
 public:
  explicit Admission(const ServerLimits& limits)
      : budget_bytes_(limits.budget_bytes), requests_max_(limits.requests_in_flight) {}

  /// A place for one request; gives it and its bytes back at its end.
  class Ticket {
   public:
    Ticket() = default;
    ~Ticket() { release(); }
    Ticket(Ticket&& other) noexcept { *this = std::move(other); }
    Ticket& operator=(Ticket&& other) noexcept;

    bool is_admitted() const { return of_ != nullptr; }
    /// Makes it at least `bytes`; false if there is no room, then nothing changes.
    [[nodiscard]] bool grow_to(std::size_t bytes);
    void release();

   private:
    friend class Admission;
    Admission* of_ = nullptr;
    Lane lane_ = Lane::bulk;
    std::size_t bytes_ = 0;
  };

  /// `expected_bytes` must be free, of them `bytes` are taken now: a slow sender does not keep
  /// what it has not sent. A refusal is a ticket that is not admitted.
  [[nodiscard]] Ticket enter(Lane lane, std::size_t expected_bytes, std::size_t bytes);

  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::size_t requests() const { return requests_.load(std::memory_order_relaxed); }

 private:
  bool take_bytes(Lane lane, std::size_t expected, std::size_t bytes);

  const std::size_t budget_bytes_;
  const std::size_t requests_max_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> requests_{0};
};

}  // namespace steelyard::server
