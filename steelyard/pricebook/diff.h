#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/pricebook/price_book.h"

namespace steelyard::pricebook {

/// How one price of a model changes from one book to another.
struct PriceChange {
  enum class Kind : std::uint8_t { added, removed, raised, lowered };
  Kind kind = Kind::added;
  std::string model;
  std::string tier;
  TokenItem item = TokenItem::input;
  Validity validity;
  std::optional<money::Decimal> old_price;  ///< For `per` tokens of the books.
  std::optional<money::Decimal> new_price;
  std::string relative;  ///< "+25%", "-33.33%"; empty where one price is missing or 0.
};

std::string_view name_of(PriceChange::Kind kind);

/// What changes between two books.
struct BookDiff {
  std::vector<PriceChange> prices;  ///< In the order of the new book, removed ones last.
  std::vector<std::string> others;  ///< Everything else, a sentence each.

  bool is_empty() const { return prices.empty() && others.empty(); }
};

BookDiff diff(const PriceBook& old_book, const PriceBook& new_book);

}  // namespace steelyard::pricebook
