#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "steelyard/base/time.h"
#include "steelyard/base/zone_rules.h"

namespace steelyard::base {

/// A stretch of wall-clock time, half-open, on whole seconds: [from, to).
struct Slot {
  std::int64_t from = 0;  ///< Seconds since 1970-01-01T00:00:00Z.
  std::int64_t to = 0;

  bool operator==(const Slot&) const = default;
};

/// Wall-clock slots of one time zone: a function of its rules. Knows the offset of the last stretch
/// it was asked about, so that asking about times near each other costs a few additions.
class Calendar {
 public:
  /// Allocates nothing, and nothing else here but `to_text` does.
  explicit Calendar(SharedZoneRules rules) : rules_(std::move(rules)) {}

  /// By the rules of this machine, which are those of no log. Requires: `is_time_zone(zone)`.
  explicit Calendar(const std::string& zone) : Calendar(zone_rules_of_machine(zone)) {}

  /// The clock minute, clock hour, calendar day or month that contains the second. A day with
  /// a change of the clocks is 23 or 25 hours long.
  Slot minute(std::int64_t second);
  Slot hour(std::int64_t second);
  Slot day(std::int64_t second);
  Slot month(std::int64_t second);

  /// Minutes since local midnight, 0 to 1439.
  int minute_of_day(std::int64_t second);

  /// The second at which a local date and time begins, months added to a date and clamped to
  /// the month's last day.
  std::int64_t at_local(int year, int month, int day, int second_of_day = 0);

  struct Date {
    int year = 1970;
    int month = 1;
    int day = 1;
    int second_of_day = 0;
  };
  Date local(std::int64_t second);

  /// "2026-11-22T08:00" in the zone; with seconds where they are not 0.
  std::string to_text(std::int64_t second);

 private:
  std::int64_t offset_at(std::int64_t second);
  void find_offset(std::int64_t second);
  std::int64_t second_of(std::int64_t local);

  SharedZoneRules rules_;
  std::int64_t offset_ = 0;
  std::int64_t offset_from_ = 1;  // Where `offset_` holds: [from, to). Empty at first.
  std::int64_t offset_to_ = 0;
  std::int64_t first_from_ = 0;  // From there on, the clocks show no time for the second time.
};

}  // namespace steelyard::base
