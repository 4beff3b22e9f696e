#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "steelyard/pricebook/price_book.h"

namespace steelyard::pricebook {

/// [from, to) of two dates in the book's time zone; an empty text is no bound. By rules that a log
/// says, a time that the zone skips or has twice is taken: later rules must not make a book
/// unusable that was published. Errors: invalid_time; price_book_is_invalid if it ends before it
/// begins.
[[nodiscard]] Result<Validity> parse_validity(std::string_view from, std::string_view to,
                                              const PriceBook& book);

/// The text that `parse_validity` reads back; empty for no bound.
std::string date_text(std::optional<base::Instant> at, const std::string& time_zone);

}  // namespace steelyard::pricebook
