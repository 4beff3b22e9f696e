#pragma once

#include <utility>
#include <vector>

#include "steelyard/base/calendar.h"
#include "steelyard/base/result.h"
#include "steelyard/metering/measured.h"
#include "steelyard/rating/cloud/catalog.h"
#include "steelyard/rating/cloud/slot.h"

namespace steelyard::rating::cloud {

/// A part of a fact that lies in one window and at one price.
struct Piece {
  base::Slot window;
  metering::Nanoseconds from = 0;  ///< Since the window's start.
  metering::Nanoseconds to = 0;
  Moment moment;
};

/// Cuts facts at windows, dates and bands. The calendar of one engine.
class Cutter {
 public:
  explicit Cutter(base::Calendar calendar) : calendar_(std::move(calendar)) {}

  base::Slot window(metering::WindowKind kind, std::int64_t second);

  /// The one piece of a counter: where its last instant lies. None if the rule is not in force.
  /// `straddles` is set where its interval begins in an earlier window.
  void cut_counter(const PreparedItem& item, metering::WindowKind kind, const Fact& fact,
                   std::vector<Piece>& pieces, bool& straddles);

  /// The pieces of a gauge, by rising time. Errors: invalid_time (more pieces than allowed).
  [[nodiscard]] Result<void> cut_gauge(const PreparedItem& item, metering::WindowKind kind,
                                       const Fact& fact, std::vector<Piece>& pieces);

  base::Calendar& calendar() { return calendar_; }

 private:
  std::int64_t next_change(const PreparedItem& item, std::int64_t second);
  Moment moment_at(const PreparedItem& item, const Fact& fact, std::int64_t second);

  base::Calendar calendar_;
};

}  // namespace steelyard::rating::cloud
