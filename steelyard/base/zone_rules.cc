#include "steelyard/base/zone_rules.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"
#include "steelyard/base/time.h"

namespace steelyard::base {
namespace {

using Stretch = ZoneRules::Stretch;

constexpr std::int64_t day_seconds = 86'400;

/// Where a stretch ends.
std::int64_t end_of(const std::vector<Stretch>& stretches, std::size_t index) {
  return index + 1 < stretches.size() ? stretches[index + 1].from
                                      : std::numeric_limits<std::int64_t>::max();
}

std::int64_t begin_of(const std::vector<Stretch>& stretches, std::size_t index) {
  return index == 0 ? std::numeric_limits<std::int64_t>::min() : stretches[index].from;
}

/// Neighbours with the same offset are one.
void add(Stretch stretch, std::vector<Stretch>& stretches) {
  if (stretches.empty() || stretches.back().offset != stretch.offset) stretches.push_back(stretch);
}

void append_offset(std::int64_t offset, std::string& text) {
  const std::int64_t ahead = std::abs(offset);
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%c%02d:%02d", offset < 0 ? '-' : '+',
                static_cast<int>(ahead / 3'600), static_cast<int>(ahead / 60 % 60));
  text += digits.data();
  if (ahead % 60 == 0) return;
  std::snprintf(digits.data(), digits.size(), ":%02d", static_cast<int>(ahead % 60));
  text += digits.data();
}

/// "+08:00", "-00:44:30".
std::optional<std::int64_t> parse_offset(std::string_view text) {
  const bool has_seconds = text.size() == std::string_view("+08:00:00").size();
  if (!has_seconds && text.size() != std::string_view("+08:00").size()) return std::nullopt;
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  std::int64_t offset = 0;
  for (std::size_t at = 1; at < text.size(); at += 3) {
    if (at > 1 && text[at - 1] != ':') return std::nullopt;
    int value = 0;
    const char* const begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + 2, value);
    if (error != std::errc() || end != begin + 2 || value < 0 || value > 59) return std::nullopt;
    offset = offset * 60 + value;
  }
  if (!has_seconds) offset *= 60;
  if (offset >= day_seconds) return std::nullopt;
  return text[0] == '-' ? -offset : offset;
}

std::optional<Stretch> parse_stretch(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  Instant from;
  const auto offset = parse_offset(text.substr(space + 1));
  if (!parse_rfc3339(text.substr(0, space), from) || from.nanoseconds != 0 || !offset.has_value()) {
    return std::nullopt;
  }
  return Stretch{from.seconds, *offset};
}

}  // namespace

std::size_t ZoneRules::index_at(std::int64_t second) const {
  const auto behind = std::upper_bound(
      stretches.begin(), stretches.end(), second,
      [](std::int64_t value, const Stretch& stretch) { return value < stretch.from; });
  return behind == stretches.begin() ? 0 : static_cast<std::size_t>(behind - stretches.begin()) - 1;
}

std::int64_t ZoneRules::second_of(std::int64_t local) const {
  for (std::size_t i = index_at(local - day_seconds);; ++i) {
    const std::int64_t second = local - stretches[i].offset;
    if (second < end_of(stretches, i)) return std::max(second, begin_of(stretches, i));
  }
}

SharedZoneRules zone_rules_of_machine(const std::string& zone) {
  auto rules = std::make_shared<ZoneRules>();
  rules->zone = zone;
  if (is_fixed_zone(zone)) {
    rules->stretches.push_back({limits::usage_second_min, 0});
    return rules;
  }
  const date::time_zone* const machine = date::locate_zone(zone);
  for (std::int64_t from = limits::usage_second_min; from < limits::usage_second_max;) {
    const date::sys_info info = machine->get_info(date::sys_seconds(std::chrono::seconds(from)));
    add({from, info.offset.count()}, rules->stretches);
    from = info.end.time_since_epoch().count();
  }
  return rules;
}

std::string text_of(const ZoneRules& rules) {
  std::string text;
  for (const Stretch& each : rules.stretches) {
    if (!text.empty()) text += ", ";
    text += to_rfc3339({each.from, 0}) + ' ';
    append_offset(each.offset, text);
  }
  return text;
}

Result<SharedZoneRules> parse_zone_rules(const std::string& zone, std::string_view text) {
  auto rules = std::make_shared<ZoneRules>();
  rules->zone = zone;
  std::vector<Stretch>& stretches = rules->stretches;
  while (true) {
    const std::string_view one = text.substr(0, text.find(", "));
    const auto stretch = parse_stretch(one);
    const bool is_next =
        stretch.has_value() && (stretches.empty() || (stretch->from > stretches.back().from &&
                                                      stretch->offset != stretches.back().offset));
    if (!is_next || stretches.size() == limits::zone_stretches_max) {
      constexpr std::size_t shown_bytes = 64;
      return failure(ErrorCode::invalid_field,
                     "'" + std::string(one.substr(0, shown_bytes)) +
                         "' is no time and offset behind the one before, as "
                         "'1970-01-01T00:00:00Z +08:00'");
    }
    stretches.push_back(*stretch);
    if (one.size() == text.size()) return rules;
    text.remove_prefix(one.size() + 2);
  }
}

SharedZoneRules joined(const ZoneRules& old, const ZoneRules& now, std::int64_t at) {
  auto rules = std::make_shared<ZoneRules>();
  rules->zone = old.zone;
  std::vector<Stretch>& stretches = rules->stretches;
  const std::size_t last = old.index_at(at - 1);
  stretches.assign(old.stretches.begin(),
                   old.stretches.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  const std::int64_t local = at + stretches.back().offset;
  std::size_t next = now.index_at(at);
  const auto caught_up = [&] { return std::max(at, local - now.stretches[next].offset); };
  while (caught_up() >= end_of(now.stretches, next)) ++next;
  add({std::max(caught_up(), begin_of(now.stretches, next)), now.stretches[next].offset},
      stretches);
  for (++next; next < now.stretches.size(); ++next) add(now.stretches[next], stretches);
  return rules;
}

std::optional<std::int64_t> first_difference(const ZoneRules& rules, const ZoneRules& others) {
  const auto offset_at = [](const ZoneRules& of, std::int64_t second) {
    return of.stretches[of.index_at(second)].offset;
  };
  std::optional<std::int64_t> first;
  for (const ZoneRules* const each : {&rules, &others}) {
    for (const Stretch& stretch : each->stretches) {
      if (first.has_value() && stretch.from >= *first) break;
      if (offset_at(rules, stretch.from) != offset_at(others, stretch.from)) first = stretch.from;
    }
  }
  return first;
}

SharedZoneRules ZoneBook::known(const std::string& zone) const {
  const auto found = all_.find(zone);
  return found == all_.end() ? nullptr : found->second;
}

SharedZoneRules ZoneBook::rules(const std::string& zone) const {
  auto found = known(zone);
  return found != nullptr ? found : zone_rules_of_machine(zone);
}

bool ZoneBook::operator==(const ZoneBook& other) const {
  return std::ranges::equal(all_, other.all_, [](const auto& one, const auto& another) {
    return *one.second == *another.second;
  });
}

void ZoneBook::set(SharedZoneRules rules) {
  STEELYARD_CHECK(!rules->stretches.empty());
  std::string zone = rules->zone;
  all_.insert_or_assign(std::move(zone), std::move(rules));
}

}  // namespace steelyard::base
