#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace steelyard::node {

/// By how much the clocks of sources are ahead of ours, as far as that can be known: an event that
/// comes before its own time. One that comes late may have waited, so a clock that is behind shows
/// in nothing.
///
/// A source is known from when it is a second ahead until it has not been for five to ten minutes.
/// Of so many sources at once (limits::watched_sources_max); the others count as one. Thread-safe.
class SourceClocks {
 public:
  struct Ahead {
    std::uint32_t tenant = 0;  ///< 0: one of those that are not counted apart.
    std::string source;
    std::int64_t micros = 0;  ///< At most, in the last five to ten minutes.
  };

  static constexpr std::int64_t noted_micros = 1'000'000;
  /// The clock of a source that is further ahead is wrong, and somebody is told.
  static constexpr std::int64_t alarm_micros = std::int64_t{2} * 60 * 1'000'000;

  /// `alarm` is told when a source goes beyond two minutes, once until it is forgotten.
  explicit SourceClocks(std::function<void(const Ahead&)> alarm) : alarm_(std::move(alarm)) {}

  /// An event came before its time.
  void note(std::uint32_t tenant, std::string_view source, std::int64_t micros_ahead,
            std::int64_t now_micros);

  /// Of each source that is ahead, by tenant and source.
  std::vector<Ahead> ahead(std::int64_t now_micros);

 private:
  static constexpr std::int64_t period_micros = std::int64_t{5} * 60 * 1'000'000;

  struct Source {
    std::int64_t micros = 0;    ///< The most in this period,
    std::int64_t previous = 0;  ///< and in the one before.
    bool is_told = false;
    std::int64_t most() const { return micros > previous ? micros : previous; }
  };
  using Key = std::pair<std::uint32_t, std::string>;

  void begin_period(std::int64_t period);
  Source& source_of(std::uint32_t tenant, std::string_view source);

  std::function<void(const Ahead&)> alarm_;
  std::mutex mutex_;
  std::int64_t period_ = 0;
  std::map<Key, Source> sources_;
};

}  // namespace steelyard::node
