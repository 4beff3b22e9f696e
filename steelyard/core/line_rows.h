#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "steelyard/base/hash.h"
#include "steelyard/rating/cloud/charge.h"

namespace steelyard::core {

/// What a charge line says beside its quantity and amount.
struct LineText {
  std::string_view item;
  std::string_view tier;
  std::string_view unit;
  money::Decimal price;
  money::Decimal per;
  std::optional<money::Decimal> list_price = {};  ///< Where it is another.
};

/// The rows of charge lines that no price book has: what a quota covers, what is taken back. Each
/// stays where it is.
class LineRows {
 public:
  const rating::cloud::Row& row(const LineText& text);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return base::hash(text); }
  };
  std::unordered_map<std::string, std::unique_ptr<rating::cloud::Row>, Hash, std::equal_to<>> rows_;
  std::string name_;  // Kept so that nothing is allocated for a row that is known.
};

}  // namespace steelyard::core
