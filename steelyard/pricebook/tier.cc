#include <charconv>
#include <optional>

#include "steelyard/base/limits.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::pricebook {
namespace {

/// "128k", "1m", "32000" as tokens.
std::optional<std::uint64_t> bound(std::string_view text, std::uint64_t k) {
  std::uint64_t unit = 1;
  if (text.ends_with('k') || text.ends_with('K')) unit = k;
  if (text.ends_with('m') || text.ends_with('M')) unit = k * k;
  if (unit != 1) text.remove_suffix(1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number > limits::count_max / unit) return std::nullopt;
  return number * unit;
}

}  // namespace

Result<TierRange> parse_tier(std::string_view label, std::uint64_t k, UpperBound kind) {
  const auto refuse = [&](const std::string& why) {
    return failure(ErrorCode::file_is_malformed, "tier '" + std::string(label) + "' " + why);
  };
  TierRange tier{std::string(label), 0, std::nullopt};
  if (label == "-") return tier;
  const std::uint64_t shift = kind == UpperBound::exclusive ? 1 : 0;  // [lo, hi) is (lo-1, hi-1].
  const bool is_open = label.ends_with('+');
  const std::size_t dash = label.find('-');
  if (!is_open && dash == std::string_view::npos) {
    return refuse("is not a range such as 0k-128k, 128k+ or -");
  }
  const auto above = bound(is_open ? label.substr(0, label.size() - 1) : label.substr(0, dash), k);
  if (!above.has_value()) return refuse("has no lower bound such as 32k");
  tier.above = *above < shift ? 0 : *above - shift;
  if (is_open) return tier;
  const auto up_to = bound(label.substr(dash + 1), k);
  if (!up_to.has_value()) return refuse("has no upper bound such as 128k");
  if (*up_to <= *above) return refuse("ends before it begins");
  tier.up_to = *up_to - shift;
  return tier;
}

}  // namespace steelyard::pricebook
