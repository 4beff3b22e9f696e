#pragma once

#include <string>
#include <vector>

#include "steelyard/pricebook/product.h"

/// Rules and prices in words, as a price page says them.
namespace steelyard::pricebook::products {

/// "0.5"; "by listener: tcp 1/800, udp 1/400"; "attribute nodes".
std::string to_text(const metering::Lookup& lookup);

/// "rounded up to 1".
std::string to_text(const metering::Step& step);

/// "largest max_connections × 1/3000".
std::string to_text(const metering::Dim& dim);

/// How the priced quantity comes about, a line for each part.
std::vector<std::string> rule_in_words(const CloudItem& item);

/// "0.037"; "0.04 up to 5, 0.14 above"; "placeholder"; "free".
std::string to_text(const CloudPriceRow& row);

/// "graduated, for 10000 LCU".
std::string kernel_in_words(const CloudPriceTable& table, const std::string& unit);

/// "08:00-24:00".
std::string to_text(const HoursBand& band);

}  // namespace steelyard::pricebook::products
