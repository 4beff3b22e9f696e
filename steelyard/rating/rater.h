#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/error_code.h"
#include "steelyard/base/time.h"
#include "steelyard/money/decimal.h"
#include "steelyard/pricebook/price_book.h"
#include "steelyard/rating/cloud/catalog.h"
#include "steelyard/usage/event.h"

namespace steelyard::rating {

/// Whether a call is billed as a thinking one: a reported reasoning count decides, then the
/// flag, and without both it is plain (token-billing rule D12).
inline bool is_thinking(const usage::ModelCall& call) {
  return call.tokens.reasoning.has_value() ? *call.tokens.reasoning > 0
                                           : call.thinking.value_or(false);
}

/// What a reader of a charge should know beside its lines.
enum class Note : std::uint8_t {
  thinking_price_absent = 1,  ///< A thinking call of a model without thinking prices.
  cache_price_absent = 2,     ///< Cached tokens were billed with the input.
};

/// The price of one item in one tier of one version, ready to be printed. Lives as long as
/// the Rater.
struct PriceRow {
  std::string item;   ///< "qwen-plus/input"
  std::string model;  ///< "qwen-plus"
  pricebook::TierRange tier;
  money::Decimal price;       ///< Of `per` tokens, after the customer's override.
  money::Decimal list_price;  ///< Before it; the same if there is none.
  std::uint64_t per = 1000;
  pricebook::TokenClass token_class = pricebook::TokenClass::input;
  std::uint32_t item_index = 0;  ///< Dense over all item names of the rater.
  std::uint32_t index = 0;       ///< Dense over all rows of the rater.
  std::uint32_t version = 0;     ///< Index of the book version.
};

/// quantity × price ÷ per = amount.
struct Line {
  const PriceRow* row = nullptr;
  std::uint64_t quantity = 0;  ///< Tokens.
  money::Decimal amount;
};

/// What one call costs, or why that can not be said.
struct Charge {
  bool is_rated = false;
  ErrorCode reason{};      ///< If it is not.
  std::uint8_t notes = 0;  ///< Of Note, joined by |.
  std::uint8_t line_count = 0;
  std::uint32_t version = 0;  ///< Of the book: index.
  std::array<Line, 3> lines;  ///< Input, cached input, output; quantities of 0 are left out.
  money::Decimal amount;      ///< The sum of the lines.

  std::span<const Line> used_lines() const { return {lines.data(), line_count}; }
  bool has(Note note) const { return (notes & static_cast<std::uint8_t>(note)) != 0; }
};

/// Takes tokens that something else than money pays out of the line of their class, and the line
/// where none are left. What is left keeps its price: that of the whole call (rule D25).
/// Requires: the line has so many.
void leave_out(Charge& charge, pricebook::TokenClass of, std::uint64_t tokens);

/// Prices model calls with one price book, in all its versions. Prepared once: names become
/// indexes, prices integers of 10^-12 per token wherever that is exact.
class Rater {
 public:
  explicit Rater(std::shared_ptr<const pricebook::PriceBookSeries> book);
  ~Rater();
  Rater(Rater&&) noexcept;
  Rater& operator=(Rater&&) noexcept;

  /// Pure: the same call gives the same charge, on every machine, for ever. Allocates
  /// nothing. Rounds: a line half up at 10^-12, where its price is not whole in it.
  [[nodiscard]] Charge rate(const usage::UsageEvent& event) const;

  /// Why a charge has no price, in words, with the values.
  std::string explain_reason(const usage::UsageEvent& event, ErrorCode reason) const;

  const pricebook::PriceBookSeries& book() const;
  std::string_view currency() const;

  std::size_t row_count() const;
  const PriceRow& row(std::size_t index) const;

  /// The names of cloud products and their items.
  const cloud::Catalog& catalog() const;

  /// Token items stand before cloud items.
  std::size_t token_item_count() const;
  std::size_t item_count() const;
  const std::string& item_name(std::size_t item_index) const;

 private:
  struct Prepared;
  std::unique_ptr<Prepared> prepared_;
};

}  // namespace steelyard::rating
