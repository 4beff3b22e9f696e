#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/json/document.h"
#include "steelyard/money/decimal.h"
#include "steelyard/usage/event.h"

namespace steelyard::usage {

/// A line of the charge that is taken back, as it was.
struct VoidedLine {
  std::string_view item;
  std::string_view tier;
  std::string_view unit;
  money::Decimal price;
  money::Decimal per;
  money::Decimal quantity;
  money::Decimal amount;
  std::optional<money::Decimal> list_price = {};  ///< Where the customer has a price of its own.
};

/// What of the charge was drawn from credit.
struct VoidedCredit {
  std::string_view grant;  ///< Its id in the ledger, as text.
  money::Decimal amount;
};

/// `data` of an ai.model.void: a call that is taken back, with all that it changed. Written by the
/// server that charged it: what it says is not looked up again, so it is taken from nobody else.
struct ModelVoid {
  NamedEvent voids;
  std::uint64_t sequence = 0;  ///< Of the call in the log.
  bool is_unrated = false;     ///< The call had no price.
  std::string_view model;
  std::string_view api_key;  ///< Empty: not said. Also the next.
  std::string_view project;
  std::string_view hold_budget;  ///< The budget that it counted on because its hold did.
  std::vector<VoidedLine> lines;
  std::vector<VoidedCredit> credit;
};

/// Views point into the document. Errors: missing_field, invalid_field, invalid_quantity, with a
/// JSON pointer.
[[nodiscard]] Result<ModelVoid> read_model_void(const json::Object& data);

}  // namespace steelyard::usage
