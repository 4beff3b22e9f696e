#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "steelyard/base/error_code.h"
#include "steelyard/base/time.h"
#include "steelyard/money/decimal.h"

namespace steelyard::charges {

/// A place in the log. Positions grow; 0 stands before the first.
using Position = std::uint64_t;

/// quantity × price ÷ per = amount, and which price that was.
struct ChargedLine {
  std::string_view item;  ///< "qwen-plus/input"
  std::string_view tier;  ///< "0k-128k", "-", "rounding"
  std::string_view unit;  ///< Of the quantity: "token".
  money::Decimal price;   ///< Of `per` units, after the customer's override.
  money::Decimal per;
  std::optional<money::Decimal> list_price;  ///< Before the override, where it is another.
  money::Decimal quantity;
  money::Decimal amount;  ///< Can be negative: a difference of two fees.
};

enum class FactStatus : std::uint8_t {
  rated = 1,    ///< Its lines are its charge; without lines it costs nothing.
  unrated = 2,  ///< Waits for a price: `reason` says which. Has no lines.
};

/// What a reader of a fact should know beside its lines. Numbers are stored: never reused.
enum class FactFlag : std::uint32_t {
  thinking = 1,              ///< Billed as a thinking call.
  batch = 2,                 ///< Billed at batch prices.
  failed_without_usage = 4,  ///< A call that failed and costs nothing.
  correction = 8,            ///< Voids or replaces an earlier fact: `corrects`.
  thinking_price_absent = 16,
  cache_price_absent = 32,
  overlapping_gauge = 64,
  straddles_window = 128,
  above_bid = 256,
};

/// One fact with what it changes in the bill: a call, a resource's usage, an order, a plan
/// bought, a correction, the close of a period. Views are read while the call lasts that the
/// fact is given to. Empty texts mean: none.
struct ChargedFact {
  Position sequence = 0;  ///< Of the fact in the log. Several facts may share it (a tick).
  std::string_view tenant;
  std::string_view account;  ///< Who pays.
  std::string_view source;
  std::string_view id;
  std::string_view type;  ///< "ai.model.call"
  base::Instant time;     ///< When the fact was complete: decides the billing period.
  std::optional<base::Instant> started;
  base::Instant received_at;
  std::string_view model;  ///< Or the product: "qwen-plus", "nlb".
  std::string_view resource;
  std::string_view region;
  std::string_view api_key;
  std::string_view project;
  std::string_view tags;  ///< JSON object of strings.
  std::string_view currency;
  std::string_view book;           ///< Name of the price book,
  std::uint32_t book_version = 0;  ///< and its number.
  FactStatus status = FactStatus::rated;
  ErrorCode reason{};            ///< If it is unrated.
  std::uint32_t flags = 0;       ///< Of FactFlag, joined by |.
  Position corrects = 0;         ///< Sequence of the fact that this one corrects; 0: none.
  std::string_view credit;       ///< What of it was drawn from grants: "ID=0.5,ID=0.25".
  std::string_view hold_budget;  ///< The budget it counts on because its hold does.
  std::span<const ChargedLine> lines;

  bool has(FactFlag flag) const { return (flags & static_cast<std::uint32_t>(flag)) != 0; }
};

/// Facts that stand one behind the other in memory.
using FactSpan = std::span<const ChargedFact>;

}  // namespace steelyard::charges
