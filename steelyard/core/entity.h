#pragma once

#include <functional>
#include <optional>
#include <string_view>

namespace steelyard::core {

/// State is kept as entities: a key and a value of bytes, the same for the same facts. Called with
/// each; no value: it is gone.
using EntityVisitor =
    std::function<void(std::string_view key, std::optional<std::string_view> value)>;

}  // namespace steelyard::core
