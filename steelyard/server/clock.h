#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>

#include "steelyard/base/time.h"

namespace steelyard::server {

/// Where the server gets the time from; tests give their own.
struct Clock {
  std::function<base::Instant()> wall;
  /// Never goes back: for deadlines and rates.
  std::function<std::chrono::nanoseconds()> steady;

  static Clock system();
};

/// Fills the bytes with random ones, fit for keys. Thread-safe.
using RandomBytes = std::function<void(std::span<unsigned char>)>;

/// The operating system's generator, by OpenSSL.
RandomBytes system_random();

}  // namespace steelyard::server
