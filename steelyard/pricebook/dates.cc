#include "steelyard/pricebook/dates.h"

namespace steelyard::pricebook {

Result<Validity> parse_validity(std::string_view from, std::string_view to, const PriceBook& book) {
  const auto parse = [&](std::string_view text) {
    return book.zone_rules != nullptr ? base::parse_in_zone(text, *book.zone_rules)
                                      : base::parse_in_zone(text, book.time_zone);
  };
  Validity validity;
  if (!from.empty()) {
    STEELYARD_TRY(at, parse(from));
    validity.from = at;
  }
  if (!to.empty()) {
    STEELYARD_TRY(at, parse(to));
    validity.to = at;
  }
  if (validity.from && validity.to && *validity.to <= *validity.from) {
    return failure(ErrorCode::price_book_is_invalid,
                   "it ends (" + std::string(to) + ") before it begins (" + std::string(from) +
                       "): the end is the first moment when it is no longer in force");
  }
  return validity;
}

std::string date_text(std::optional<base::Instant> at, const std::string& time_zone) {
  if (!at.has_value()) return {};
  std::string utc = base::to_rfc3339(*at);
  // Midnight in the zone is written as a date, as a person writes it.
  const base::Instant days_around[] = {{at->seconds - 86'400, 0}, *at, {at->seconds + 86'400, 0}};
  for (const base::Instant near : days_around) {
    const std::string date = base::to_rfc3339(near).substr(0, 10);
    const auto midnight = base::parse_in_zone(date, time_zone);
    if (midnight.has_value() && *midnight == *at) return date;
  }
  return utc;
}

}  // namespace steelyard::pricebook
