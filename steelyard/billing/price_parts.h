#pragma once

#include <string>
#include <vector>

#include "steelyard/base/calendar.h"
#include "steelyard/rating/cloud/charge.h"
#include "steelyard/rating/cloud/resolver.h"
#include "steelyard/rating/cloud/row_table.h"

namespace steelyard::billing {

/// A part of what something costs once: quantity × price ÷ per.
struct PricePart {
  std::string tier;
  money::Rational quantity;
  money::Decimal price;
  money::Decimal per;
  std::uint32_t order = 0;  ///< Among the parts of one table: by row and bracket.
};

/// What one table says: the first of the numbers goes into the kernel, the others multiply;
/// without numbers it is 1. Errors: those of price_row and of slices; missing_attribute and
/// invalid_quantity of a number.
[[nodiscard]] Result<std::vector<PricePart>> price_parts(
    const pricebook::CloudPriceTable& table, const std::string& what,
    const rating::cloud::Attributes& attributes, const std::vector<std::string>& numbers,
    std::int64_t second, base::Calendar& calendar);

/// The sum of the parts, exact.
money::Rational cost_of(const std::vector<PricePart>& parts);

/// Whose lines they are.
struct LineOwner {
  const std::string* item = nullptr;
  const std::string* unit = nullptr;
  std::uint32_t name_index = 0;  ///< Of the catalog.
  std::uint32_t index = 0;       ///< Where its lines stand.
};

/// How many of a part there are: whole ones, or hours of a month of 720.
enum class Multiple : std::uint8_t { whole, hours };

/// A part so many times. Rounds the quantity and then the amount to twelve decimals, half up.
/// Errors: invalid_quantity (too large).
[[nodiscard]] Result<rating::cloud::Line> line_of(const LineOwner& owner, const PricePart& part,
                                                  const money::Rational& times, Multiple multiple,
                                                  rating::cloud::RowTable& rows);

/// What is given back of it, as an amount of money. Requires: the amount is not negative.
rating::cloud::Line refund_line(const LineOwner& owner, money::Decimal amount,
                                const std::string& currency, rating::cloud::RowTable& rows);

}  // namespace steelyard::billing
