#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "steelyard/server/problem.h"
#include "steelyard/server/secret.h"

namespace steelyard::server {

/// Makes and reads opaque cursors for paging: where the next page begins, with a MAC over
/// it, the tenant and the filter. A cursor of another tenant or filter is a forged one (S4).
class CursorSigner {
 public:
  explicit CursorSigner(Secret key) : key_(std::move(key)) {}

  /// `filter` is everything that selects and orders: route and parameters but the cursor.
  std::string make(std::string_view tenant, std::string_view filter,
                   std::string_view position) const;
  /// The position. Errors: invalid_cursor (400).
  [[nodiscard]] std::expected<std::string, Problem> read(std::string_view tenant,
                                                         std::string_view filter,
                                                         std::string_view cursor) const;

 private:
  std::string mac(std::string_view tenant, std::string_view filter,
                  std::string_view position) const;
  Secret key_;
};

}  // namespace steelyard::server
