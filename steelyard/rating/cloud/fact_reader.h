#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/number_table.h"
#include "steelyard/base/result.h"
#include "steelyard/rating/cloud/attribute_set.h"
#include "steelyard/rating/cloud/catalog.h"
#include "steelyard/rating/cloud/fact.h"
#include "steelyard/usage/event.h"

namespace steelyard::rating::cloud {

/// Turns usage events into facts: names into numbers of a catalog. Attributes that are written as
/// they were before are not read again. Belongs to one thread.
class FactReader {
 public:
  explicit FactReader(const Catalog& catalog) : catalog_(&catalog) {}

  /// The texts of attributes stay where the fact has them until `forget`, all others are those of
  /// the event.
  /// Errors: unknown_product, unknown_meter, unknown_attribute, invalid_quantity, invalid_time,
  /// no_price_at_that_time (a product without items).
  [[nodiscard]] Result<void> read(const usage::UsageEvent& event, Fact& fact);

  /// To be called now and then, so that it does not grow for ever. Facts that were read before
  /// are not used any more.
  void forget();

 private:
  /// Attributes as they are written in an event, and what they say.
  struct Written {
    std::uint16_t code = 0;
    std::string json;  ///< Empty: the event has none.
    AttributeSet set;
    std::vector<std::string_view> texts;  ///< By number within the code.
  };
  [[nodiscard]] Result<const Written*> attributes(std::uint16_t code, const json::Object& object);
  [[nodiscard]] Result<void> read_attributes(const json::Object& object, Written& to);

  const Catalog* catalog_;
  std::deque<Written> written_;
  base::NumberTable written_at_;
  std::size_t bytes_ = 0;  // Of their texts.
};

}  // namespace steelyard::rating::cloud
