#pragma once

#include "steelyard/pricebook/finding.h"

/// What is wrong with a book as a whole, each part about one kind of row.
/// docs/reference/lint.md has all the words.
namespace steelyard::pricebook {

/// Gaps and overlaps of tiers, prices that stand twice or are missing, a tenfold jump.
void lint_tiers(const PriceBook& book, Findings& findings);

/// Aliases, overrides, model rules and products that name nothing, or something twice.
void lint_names(const PriceBook& book, Findings& findings);

/// Items, price rows, plans and orders that never apply, stand twice or name nothing.
void lint_products(const PriceBook& book, Findings& findings);

}  // namespace steelyard::pricebook
