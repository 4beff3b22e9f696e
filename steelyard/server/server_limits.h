#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace steelyard::server {

/// The largest of everything a connection may ask for. Source: failures.md, section 5.
struct ServerLimits {
  std::size_t request_line_bytes = 8 * 1024;    ///< Above: 414.
  std::size_t head_bytes = 16 * 1024;           ///< Request line and fields. Above: 431.
  std::size_t fields = 64;                      ///< Above: 431.
  std::chrono::milliseconds head_time{10'000};  ///< From the first byte. Then: 408.
  std::chrono::milliseconds idle_time{60'000};  ///< Between requests. Then: closed.

  std::size_t body_bytes = std::size_t{16} * 1024 * 1024;      ///< On the wire. Above: 413.
  std::size_t unpacked_bytes = std::size_t{64} * 1024 * 1024;  ///< Above: 413.
  std::size_t unpack_ratio = 100;  ///< Unpacked ÷ packed, from the first 64 KB on. Above: 413.
  std::size_t rate_bytes_per_second = 1024;      ///< Of a body, on average after the grace.
  std::chrono::milliseconds rate_grace{10'000};  ///< Slower: 408.
  std::chrono::milliseconds write_time{30'000};  ///< To take an answer; then: closed.

  std::size_t connections = 10'000;           ///< Above: closed at once.
  std::size_t connections_per_address = 100;  ///< Of one peer that is not loopback.
  /// Of one loopback address: a proxy or the machine's own programs.
  std::size_t connections_per_loopback = 10'000;

  /// Bytes of bodies and answers in memory, of all connections. Of these, every lane but
  /// `hold` may use four fifths.
  std::size_t budget_bytes = std::size_t{512} * 1024 * 1024;
  std::size_t requests_in_flight = 4096;  ///< Admitted, not yet answered; shared as above.
  std::size_t queued_for_workers = 1024;

  std::chrono::milliseconds drain_time{10'000};
};

}  // namespace steelyard::server
