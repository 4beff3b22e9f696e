#include "steelyard/base/time.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>

#include "steelyard/base/zone_rules.h"

namespace steelyard::base {
namespace {

/// A place in a text that is read from the left; every reader returns false at the end.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool digits(int count, int& value) {
    if (text_.size() - at_ < static_cast<std::size_t>(count)) return false;
    value = 0;
    for (int i = 0; i < count; ++i) {
      const unsigned digit = static_cast<unsigned char>(text_[at_++]) - unsigned{'0'};
      if (digit > 9) return false;
      value = value * 10 + static_cast<int>(digit);
    }
    return true;
  }

  bool one_of(char a, char b) {
    if (at_ == text_.size() || (text_[at_] != a && text_[at_] != b)) return false;
    ++at_;
    return true;
  }

  bool fraction(std::uint32_t& nanoseconds) {
    nanoseconds = 0;
    std::uint32_t unit = 100'000'000;
    const std::size_t first = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      nanoseconds += unit * static_cast<std::uint32_t>(text_[at_] - '0');
      unit /= 10;
    }
    return at_ > first;
  }

  bool at_end() const { return at_ == text_.size(); }
  char last() const { return text_[at_ - 1]; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

struct Civil {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::uint32_t nanoseconds = 0;

  bool is_valid() const {
    return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month) &&
           hour <= 23 && minute <= 59 && second <= 60;
  }
  std::int64_t seconds() const {
    return days_from_civil(year, month, day) * 86'400 + hour * std::int64_t{3'600} +
           minute * std::int64_t{60} + second;
  }
};

bool read_date(Reader& reader, Civil& civil) {
  return reader.digits(4, civil.year) && reader.one_of('-', '-') && reader.digits(2, civil.month) &&
         reader.one_of('-', '-') && reader.digits(2, civil.day);
}

bool read_time(Reader& reader, Civil& civil) {
  if (!reader.digits(2, civil.hour) || !reader.one_of(':', ':') ||
      !reader.digits(2, civil.minute) || !reader.one_of(':', ':') ||
      !reader.digits(2, civil.second)) {
    return false;
  }
  return !reader.one_of('.', '.') || reader.fraction(civil.nanoseconds);
}

/// Whether eight characters look like eight of a pattern, in which 0 stands for any digit.
bool fits(const char* text, const char* pattern) {
  std::uint64_t characters = 0;
  std::uint64_t wanted = 0;
  std::memcpy(&characters, text, sizeof characters);
  std::memcpy(&wanted, pattern, sizeof wanted);
  // Of a digit 0 to 9, of anything else 0, or else it does not fit.
  const std::uint64_t differences = characters ^ wanted;
  constexpr std::uint64_t each = 0x0101010101010101;
  std::uint64_t headroom = 0;  // Up to 0x7f: 0x76 above a digit's 9, 0x7f above 0.
  for (int i = 0; i < 8; ++i) headroom |= std::uint64_t{pattern[i] == '0' ? 0x76U : 0x7fU} << 8 * i;
  return ((differences | (differences + headroom)) & (each * 0x80)) == 0;
}

/// Most times are written as "2026-11-22T08:00:03Z"; false: this one may still be right.
bool parse_plain(std::string_view text, Instant& instant) {
  const char* const at = text.data();
  if (text.size() != 20 || !fits(at, "0000-00-") || !fits(at + 8, "00T00:00") ||
      !fits(at + 12, "0:00:00Z")) {
    return false;
  }
  const auto two = [&](std::size_t i) { return (at[i] - '0') * 10 + (at[i + 1] - '0'); };
  const Civil civil{two(0) * 100 + two(2), two(5), two(8), two(11), two(14), two(17), 0};
  if (civil.second > 59 || !civil.is_valid()) return false;
  instant = {civil.seconds(), 0};
  return true;
}

/// Leap seconds have only ever been the last second of a month in UTC.
bool can_be_leap_second(std::int64_t following) {
  if (following % 86'400 != 0) return false;
  const auto day = std::chrono::sys_days(std::chrono::days(following / 86'400));
  return std::chrono::year_month_day(day).day() == std::chrono::day(1);
}

void append_digits(std::size_t at_least, unsigned value, std::string& text) {
  std::array<char, 10> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  if (count < at_least) text.append(at_least - count, '0');
  text.append(digits.data(), count);
}

/// With a fraction of a second, an offset, a leap second, or no time at all. Not inline: the plain
/// way needs no room for it.
[[gnu::noinline]] bool parse_unusual(std::string_view text, Instant& instant) {
  Reader reader(text);
  Civil civil;
  if (!read_date(reader, civil) || !reader.one_of('T', 't') || !read_time(reader, civil) ||
      !civil.is_valid()) {
    return false;
  }
  std::int64_t offset = 0;
  if (!reader.one_of('Z', 'z')) {
    if (!reader.one_of('+', '-')) return false;
    const bool west = reader.last() == '-';
    int hours = 0;
    int minutes = 0;
    if (!reader.digits(2, hours) || !reader.one_of(':', ':') || !reader.digits(2, minutes)) {
      return false;
    }
    if (hours > 23 || minutes > 59) return false;
    offset = (west ? -1 : 1) * (hours * std::int64_t{3'600} + minutes * std::int64_t{60});
  }
  if (!reader.at_end()) return false;
  const std::int64_t seconds = civil.seconds() - offset;
  if (civil.second == 60 && !can_be_leap_second(seconds)) return false;
  instant = {seconds, civil.nanoseconds};
  return true;
}

}  // namespace

bool parse_rfc3339(std::string_view text, Instant& instant) {
  return parse_plain(text, instant) || parse_unusual(text, instant);
}

std::string to_rfc3339(Instant instant) {
  const std::int64_t days =
      (instant.seconds >= 0 ? instant.seconds : instant.seconds - 86'399) / 86'400;
  const std::int64_t of_day = instant.seconds - days * 86'400;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  const int year = static_cast<int>(date.year());
  std::string text;
  text.reserve(std::string_view("2026-11-02T09:30:59.123456789Z").size());
  if (year < 0) text += '-';
  append_digits(4, static_cast<unsigned>(std::abs(year)), text);
  text += '-';
  append_digits(2, static_cast<unsigned>(date.month()), text);
  text += '-';
  append_digits(2, static_cast<unsigned>(date.day()), text);
  text += 'T';
  append_digits(2, static_cast<unsigned>(of_day / 3'600), text);
  text += ':';
  append_digits(2, static_cast<unsigned>(of_day / 60 % 60), text);
  text += ':';
  append_digits(2, static_cast<unsigned>(of_day % 60), text);
  if (instant.nanoseconds != 0) {
    text += '.';
    append_digits(9, instant.nanoseconds, text);
    while (text.back() == '0') text.pop_back();
  }
  return text += 'Z';
}

bool is_time_zone(const std::string& zone) {
  try {
    return date::locate_zone(zone) != nullptr;
  } catch (const std::exception&) {
    return false;
  }
}

namespace {

/// `second_of`: of local seconds, if there is one.
template <class SecondOf>
Result<Instant> parse_local(std::string_view text, const std::string& zone,
                            const SecondOf& second_of) {
  Instant instant;
  if (parse_rfc3339(text, instant)) return instant;
  const auto refuse = [&] {
    return failure(ErrorCode::invalid_time, "'" + std::string(text) + "' is not a date such as " +
                                                "2026-07-01 or a time in " + zone);
  };
  Reader reader(text);
  Civil civil;
  if (!read_date(reader, civil)) return refuse();
  if (!reader.at_end() && (!reader.one_of('T', 't') || !read_time(reader, civil))) return refuse();
  if (!reader.at_end() || !civil.is_valid() || civil.second == 60) return refuse();
  const std::optional<std::int64_t> second = second_of(civil.seconds());
  if (!second.has_value()) return refuse();
  return Instant{*second, civil.nanoseconds};
}

}  // namespace

Result<Instant> parse_in_zone(std::string_view text, const std::string& zone) {
  return parse_local(text, zone, [&](std::int64_t local) -> std::optional<std::int64_t> {
    try {
      const date::local_seconds time{std::chrono::seconds(local)};
      return date::locate_zone(zone)->to_sys(time).time_since_epoch().count();
    } catch (const std::exception&) {
      return std::nullopt;
    }
  });
}

Result<Instant> parse_in_zone(std::string_view text, const ZoneRules& rules) {
  return parse_local(text, rules.zone,
                     [&](std::int64_t local) { return std::optional(rules.second_of(local)); });
}

}  // namespace steelyard::base
