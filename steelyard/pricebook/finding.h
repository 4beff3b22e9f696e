#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "steelyard/pricebook/price_book.h"

namespace steelyard::pricebook {

/// Something that a person should look at in a price book.
struct Finding {
  enum class Severity : std::uint8_t { error, warning };
  Severity severity = Severity::error;
  std::string word;  ///< What kind: "tier_gap", "duplicate_price", "tenfold_jump".
  Place place;
  std::string message;  ///< What is wrong, with the value, and what would be right.

  std::string to_text() const;  ///< "models.csv:14: error: …  [tier_gap]"
};

/// What was found so far: at most a hundred, and how many there were.
class Findings {
 public:
  void error(std::string word, Place place, std::string message);
  void warning(std::string word, Place place, std::string message);

  const std::vector<Finding>& list() const { return list_; }
  bool has_errors() const { return errors_ > 0; }
  std::size_t error_count() const { return errors_; }
  std::size_t warning_count() const { return warnings_; }

  /// By file and line, errors and warnings together.
  void sort();

 private:
  static constexpr std::size_t kept_max = 100;
  std::vector<Finding> list_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

}  // namespace steelyard::pricebook
