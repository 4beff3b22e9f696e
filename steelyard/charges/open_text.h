#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace steelyard::charges {

/// Gives a text of a fact as it was, of which something was sealed before it came to the log.
/// Thread-safe.
using OpenText = std::function<std::string(std::string_view tenant, std::string_view account,
                                           std::string_view text)>;

}  // namespace steelyard::charges
