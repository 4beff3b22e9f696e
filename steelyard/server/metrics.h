#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace steelyard::server {

/// What the server counts, for Prometheus. Thread-safe. Whole numbers only: the library's
/// floating point stays inside metrics.cc.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  using Labels = std::vector<std::pair<std::string, std::string>>;

  void request(std::string_view route, int status, std::chrono::nanoseconds took,
               std::uint64_t bytes_in, std::uint64_t bytes_out);
  void in_flight(std::int64_t change);
  void connections(std::int64_t change);
  /// A connection or request that was turned away before dispatch, by reason.
  void refused(std::string_view reason);

  /// A counter of the program's own. The function may be called from any thread, as long as
  /// the Metrics live. The same name with other labels is the same family.
  std::function<void(std::uint64_t)> counter(std::string name, std::string help,
                                             Labels labels = {});
  /// A value that is read when /metrics is asked for.
  void gauge(std::string name, std::string help, Labels labels, std::function<std::int64_t()> read);
  /// As `gauge`, of things that come and go: those that are not read any more are not shown. Only
  /// one of a name.
  struct Reading {
    Labels labels;
    std::int64_t value = 0;
  };
  void gauges(std::string name, std::string help, std::function<std::vector<Reading>()> read);
  /// Durations, in seconds, in buckets from 100 µs to 10 s.
  std::function<void(std::chrono::nanoseconds)> histogram(std::string name, std::string help,
                                                          Labels labels = {});

  /// The text format, version 0.0.4.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace steelyard::server
