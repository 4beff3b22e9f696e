#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "steelyard/json/document.h"
#include "steelyard/pricebook/imports/importer.h"

namespace steelyard::pricebook::imports {

/// A foreign price file in JSON, and where things stand in it.
class JsonPrices {
 public:
  explicit JsonPrices(std::string file) : file_(std::move(file)) {}

  /// Errors: file_is_malformed, with the line.
  [[nodiscard]] Result<void> parse(std::string_view text);

  const json::Document& document() const { return document_; }
  Place place_of(const json::Node& node) const;

  /// A number × 10^power, exactly; none, noted, if it is no price (negative, no number, more
  /// than twelve decimals).
  std::optional<money::Decimal> price(const json::Node& node, int power, const std::string& what,
                                      Findings& findings) const;

  /// A whole number of tokens; none if it is none.
  std::optional<std::uint64_t> tokens(const json::Node& node) const;

 private:
  std::string file_;
  std::string_view text_;
  json::Document document_;
};

/// "32k" for 32000, "1m" for 1000000, "272" for 272.
std::string bound_label(std::uint64_t tokens);

/// "0k-32k", "128k+", "-".
TierRange tier_between(std::uint64_t above, std::optional<std::uint64_t> up_to);

}  // namespace steelyard::pricebook::imports
