#pragma once

#include <string_view>

namespace steelyard::server {

/// "2026-02-28": a day that there is, in the years 1 to 9999.
bool is_date(std::string_view text);

/// "2026-02"
bool is_month(std::string_view text);

}  // namespace steelyard::server
