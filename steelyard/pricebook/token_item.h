#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace steelyard::pricebook {

/// What of a model call has a price of its own. The order is that of the price list.
enum class TokenItem : std::uint8_t {
  input,
  input_thinking,
  input_cache_hit,
  input_thinking_cache_hit,
  output,
  output_thinking,
};

inline constexpr std::size_t token_item_count = 6;

inline constexpr std::array<std::string_view, token_item_count> token_item_names = {
    "input",  "input_thinking", "input_cache_hit", "input_thinking_cache_hit",
    "output", "output_thinking"};

constexpr std::string_view name_of(TokenItem item) {
  return token_item_names[static_cast<std::size_t>(item)];
}

/// The classes of tokens of one call; each has a line of its own.
enum class TokenClass : std::uint8_t { input, cached_input, output };

constexpr TokenClass class_of(TokenItem item) {
  switch (item) {
    case TokenItem::input:
    case TokenItem::input_thinking: return TokenClass::input;
    case TokenItem::input_cache_hit:
    case TokenItem::input_thinking_cache_hit: return TokenClass::cached_input;
    case TokenItem::output:
    case TokenItem::output_thinking: break;
  }
  return TokenClass::output;
}

constexpr std::optional<TokenItem> token_item(std::string_view name) {
  for (std::size_t i = 0; i < token_item_count; ++i) {
    if (token_item_names[i] == name) return static_cast<TokenItem>(i);
  }
  return std::nullopt;
}

}  // namespace steelyard::pricebook
