#include "steelyard/server/admission.h"

#include <utility>

namespace steelyard::server {

bool Admission::take_bytes(Lane lane, std::size_t expected, std::size_t bytes) {
  const std::size_t room = share_of(lane, budget_bytes_);
  std::size_t used = bytes_.load(std::memory_order_relaxed);
  do {
    if (expected > room || used > room - expected) return false;
  } while (!bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

Admission::Ticket Admission::enter(Lane lane, std::size_t expected_bytes, std::size_t bytes) {
  Ticket ticket;
  if (requests_.fetch_add(1, std::memory_order_relaxed) >= share_of(lane, requests_max_)) {
    requests_.fetch_sub(1, std::memory_order_relaxed);
    return ticket;
  }
  if (!take_bytes(lane, expected_bytes, bytes)) {
    requests_.fetch_sub(1, std::memory_order_relaxed);
    return ticket;
  }
  ticket.of_ = this;
  ticket.lane_ = lane;
  ticket.bytes_ = bytes;
  return ticket;
}

Admission::Ticket& Admission::Ticket::operator=(Ticket&& other) noexcept {
  if (this != &other) {
    release();
    of_ = std::exchange(other.of_, nullptr);
    lane_ = other.lane_;
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

bool Admission::Ticket::grow_to(std::size_t bytes) {
  if (bytes <= bytes_) return true;
  const std::size_t more = bytes - bytes_;
  if (of_ == nullptr || !of_->take_bytes(lane_, more, more)) return false;
  bytes_ = bytes;
  return true;
}

void Admission::Ticket::release() {
  if (of_ == nullptr) return;
  of_->bytes_.fetch_sub(bytes_, std::memory_order_relaxed);
  of_->requests_.fetch_sub(1, std::memory_order_relaxed);
  of_ = nullptr;
  bytes_ = 0;
}

}  // namespace steelyard::server
