#include "steelyard/rating/cloud/pieces.h"

#include <algorithm>
#include <limits>

#include "steelyard/base/limits.h"

namespace steelyard::rating::cloud {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t billion = 1'000'000'000;

/// Nanoseconds since 1970. Requires: the year is in limits::usage_year_min to _max.
std::int64_t ticks(base::Instant at) { return at.seconds * billion + at.nanoseconds; }

std::int64_t floor_seconds(std::int64_t nanoseconds) {
  return nanoseconds >= 0 ? nanoseconds / billion : -((-nanoseconds + billion - 1) / billion);
}

/// The end of the protection of a market price, or `never` if there is none.
std::int64_t protected_until(const PreparedItem& item, const Fact& fact, std::int64_t& created) {
  if (item.created == PreparedItem::no_attribute) return never;
  base::Instant at;
  if (!base::parse_rfc3339(fact.attributes[item.created], at)) return never;
  created = at.seconds;
  return at.seconds + item.rule->price.protect_seconds;
}

}  // namespace

base::Slot Cutter::window(metering::WindowKind kind, std::int64_t second) {
  switch (kind) {
    case metering::WindowKind::fact: return {second, second};
    case metering::WindowKind::minute: return calendar_.minute(second);
    case metering::WindowKind::hour: return calendar_.hour(second);
    case metering::WindowKind::day: return calendar_.day(second);
    case metering::WindowKind::month: return calendar_.month(second);
    case metering::WindowKind::life: return {0, never / billion};
  }
  return {};
}

Moment Cutter::moment_at(const PreparedItem& item, const Fact& fact, std::int64_t second) {
  std::int64_t created = 0;
  const std::int64_t until = protected_until(item, fact, created);
  return until != never && second < until ? Moment{second, created} : Moment{second, second};
}

/// The next second after `second` at which a date or a band of the item begins.
std::int64_t Cutter::next_change(const PreparedItem& item, std::int64_t second) {
  std::int64_t next = never / billion;
  const auto at = std::upper_bound(item.breaks.begin(), item.breaks.end(), second);
  if (at != item.breaks.end()) next = *at;
  if (!item.bands.empty()) {
    const base::Slot day = calendar_.day(second);
    const int minute = calendar_.minute_of_day(second);
    const auto band = std::upper_bound(item.bands.begin(), item.bands.end(), minute);
    const base::Calendar::Date date = calendar_.local(second);
    const std::int64_t change =
        band == item.bands.end() ? day.to
                                 : calendar_.at_local(date.year, date.month, date.day, *band * 60);
    next = std::min(next, change);
  }
  return next;
}

void Cutter::cut_counter(const PreparedItem& item, metering::WindowKind kind, const Fact& fact,
                         std::vector<Piece>& pieces, bool& straddles) {
  const std::int64_t first = ticks(fact.start);
  const std::int64_t last = std::max(first, ticks(fact.end) - 1);
  const std::int64_t second = floor_seconds(last);
  if (!item.validity.contains({second, 0})) return;
  Piece piece;
  piece.window = window(kind, second);
  piece.moment = moment_at(item, fact, second);
  straddles |= kind != metering::WindowKind::fact && first < piece.window.from * billion;
  pieces.push_back(piece);
}

Result<void> Cutter::cut_gauge(const PreparedItem& item, metering::WindowKind kind,
                               const Fact& fact, std::vector<Piece>& pieces) {
  std::int64_t from = ticks(fact.start);
  std::int64_t end = ticks(fact.end);
  if (item.validity.from) from = std::max(from, ticks(*item.validity.from));
  if (item.validity.to) end = std::min(end, ticks(*item.validity.to));
  const bool is_point = fact.start == fact.end;
  if (from > end || (from == end && !is_point)) return {};
  std::int64_t created = 0;
  const std::int64_t until = protected_until(item, fact, created);
  do {
    const std::int64_t second = floor_seconds(from);
    Piece piece;
    piece.window = window(kind, second);
    std::int64_t to = end;
    if (kind != metering::WindowKind::fact) to = std::min(to, piece.window.to * billion);
    to = std::min(to, next_change(item, second) * billion);
    if (until != never && until * billion > from) to = std::min(to, until * billion);
    piece.moment =
        until != never && second < until ? Moment{second, created} : Moment{second, second};
    const std::int64_t origin =
        kind == metering::WindowKind::fact ? ticks(fact.start) : piece.window.from * billion;
    piece.from = from - origin;
    piece.to = to - origin;
    if (kind == metering::WindowKind::fact) {
      const std::int64_t last = floor_seconds(std::max(ticks(fact.start), ticks(fact.end) - 1));
      piece.window = {last, last};
    }
    pieces.push_back(piece);
    if (pieces.size() > limits::windows_per_fact_max) {
      return failure(ErrorCode::invalid_time, "/data/end: the fact spans more than " +
                                                  std::to_string(limits::windows_per_fact_max) +
                                                  " windows of " + item.rule->name);
    }
    from = to;
  } while (from < end);
  return {};
}

}  // namespace steelyard::rating::cloud
