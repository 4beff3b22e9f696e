#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/batch/event_search.h"
#include "steelyard/rating/rater.h"
#include "steelyard/usage/formats/format.h"

namespace steelyard::report {

/// The same call with something changed, and what it would cost.
struct WhatIf {
  std::string change;  ///< "with 128,000 input tokens, one below the tier edge"
  std::uint64_t total_input = 0;
  rating::Charge charge;
  money::Decimal difference;  ///< To what the call costs; if both are rated.
};

/// One event, explained so that a person can check its charge by hand. What it computes comes
/// from the Rater that bills. Its pointers live as long as the event that was found.
struct Receipt {
  struct Count {
    std::string name;
    std::string value;  ///< As it stands in the usage.
  };
  struct TokenClass {
    std::string name;
    std::optional<std::uint64_t> tokens;  ///< None: not reported, which is not 0.
    std::string how;                      ///< "prompt_tokens 3,019 − cached 2,048 − written 0"
  };
  struct PricedLine {
    const rating::Line* line = nullptr;
    const pricebook::ModelPrice* price = nullptr;  ///< The row of the book; null: unknown.
    std::string in_force;                          ///< "always", "since 2026-07-01"
  };

  const batch::FoundEvent* found = nullptr;
  std::string protocol;  ///< Empty if there is none.
  std::string started;
  std::vector<Count> reported;
  std::vector<TokenClass> classes;
  std::string mode;  ///< Why it is a thinking or a plain call; empty unless it has tokens.
  const pricebook::PriceBook* version = nullptr;  ///< Null unless rated.
  std::string model;                              ///< Whose prices were taken.
  const pricebook::TierRange* tier = nullptr;
  std::string tier_reason;
  std::vector<PricedLine> lines;
  std::vector<std::string> notes;
  std::vector<WhatIf> what_ifs;
};

Receipt make_receipt(const rating::Rater& rater, const batch::FoundEvent& found);

/// As a page of text, and as one line of JSON.
std::string to_text(const Receipt& receipt, const rating::Rater& rater);
std::string to_json(const Receipt& receipt, const rating::Rater& rater);

/// "128,000 input tokens: more than 0, at most 128,000".
std::string tier_reason(const pricebook::TierRange& tier, std::uint64_t total_input);

}  // namespace steelyard::report
