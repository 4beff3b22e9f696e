#include "steelyard/charges/charge_query.h"

#include <array>

namespace steelyard::charges {
namespace {

constexpr std::array<std::string_view, 11> dimension_names = {
    "account", "model",  "item",     "tier", "unit",   "api_key",
    "project", "region", "resource", "type", "source",
};

}  // namespace

std::string_view name_of(Dimension dimension) {
  return dimension_names[static_cast<std::size_t>(dimension)];
}

std::optional<Dimension> dimension_of(std::string_view name) {
  for (std::size_t i = 0; i < dimension_names.size(); ++i) {
    if (dimension_names[i] == name) return static_cast<Dimension>(i);
  }
  return std::nullopt;
}

std::optional<Step> step_of(std::string_view name) {
  if (name == "hour") return Step::hour;
  if (name == "day") return Step::day;
  if (name == "month") return Step::month;
  return std::nullopt;
}

}  // namespace steelyard::charges
