#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"

namespace steelyard::base {

/// How far the clocks of one time zone are from UTC, from 1970 to 2200. A value: what is computed
/// with it hangs on no machine.
struct ZoneRules {
  /// From a second on, until the next stretch begins. The first holds also before, the last for
  /// ever.
  struct Stretch {
    std::int64_t from = 0;    ///< Seconds since 1970-01-01T00:00:00Z.
    std::int64_t offset = 0;  ///< Seconds that the clocks are ahead of UTC; below zero: behind.

    bool operator==(const Stretch&) const = default;
  };

  std::string zone;                ///< "Asia/Shanghai"
  std::vector<Stretch> stretches;  ///< Not empty. `from` rises; neighbours have different offsets.

  bool operator==(const ZoneRules&) const = default;

  /// The stretch that a second lies in.
  std::size_t index_at(std::int64_t second) const;

  /// The second at which the clocks first show a local time (seconds since 1970 by the clocks);
  /// where they skip it, the one at which they do.
  std::int64_t second_of(std::int64_t local) const;
};

/// Shared, because many calendars have the same.
using SharedZoneRules = std::shared_ptr<const ZoneRules>;

/// Zones that have one rule for ever. Nothing says it in the log.
inline bool is_fixed_zone(std::string_view zone) { return zone == "UTC"; }

/// What this machine's database of time zones says. Requires: is_time_zone(zone).
SharedZoneRules zone_rules_of_machine(const std::string& zone);

/// As the log has them: "1970-01-01T00:00:00Z +08:00, 1986-05-03T18:00:00Z +09:00".
std::string text_of(const ZoneRules& rules);

/// What `text_of` wrote. Errors: invalid_field.
[[nodiscard]] Result<SharedZoneRules> parse_zone_rules(const std::string& zone,
                                                       std::string_view text);

/// The old rules before a second, the new ones from then on. Where the new clocks are behind then,
/// the old ones go on until the new ones have caught up: no local time before that second comes
/// again, so a day or a month that ends there by the old rules ends there.
SharedZoneRules joined(const ZoneRules& old, const ZoneRules& now, std::int64_t at);

/// The first second at which their clocks differ; nothing: never.
std::optional<std::int64_t> first_difference(const ZoneRules& rules, const ZoneRules& others);

/// The rules of time zones that a log says. Of zones that it says nothing about, the machine's are
/// taken.
class ZoneBook {
 public:
  /// Null: the log says none.
  SharedZoneRules known(const std::string& zone) const;

  /// Those that are computed with. Requires: they are known, or is_time_zone(zone).
  SharedZoneRules rules(const std::string& zone) const;

  /// Whether the log has to say them before they are computed with.
  bool lacks(const std::string& zone) const { return !is_fixed_zone(zone) && !known(zone); }

  void set(SharedZoneRules rules);

  const std::map<std::string, SharedZoneRules>& all() const { return all_; }

  bool operator==(const ZoneBook& other) const;

 private:
  std::map<std::string, SharedZoneRules> all_;
};

}  // namespace steelyard::base
