#pragma once

#include <string>

#include "steelyard/pricebook/price_book.h"

namespace steelyard::pricebook {

/// SHA-256, in hex, of what the book says: every field as one line of canonical text, rows
/// sorted. White space, the order of rows and keys, comments and the layout of the files do
/// not matter; a digit does.
std::string content_hash(const PriceBook& book);

/// Of one version its own; of several, SHA-256 of theirs.
std::string content_hash(const PriceBookSeries& series);

}  // namespace steelyard::pricebook
