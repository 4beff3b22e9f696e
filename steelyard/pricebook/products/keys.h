#pragma once

#include <span>
#include <string_view>
#include <vector>

/// The format of product files as a table: the reader refuses what does not stand here, the
/// JSON Schema and the reference page are made from it.
namespace steelyard::pricebook::products {

/// A key of a mapping. `value` says what may stand behind it:
///   text, word, date, number (3, 0.5, 1/800), decimal, whole, hours, duration, flag
///   'split'     that word
///   item        a mapping or an abbreviation of this table
///   [item]      a list of them
///   {word}      a mapping of any words to them
///   a | b       either
struct Key {
  std::string_view name;
  std::string_view value;
  std::string_view meaning;
  bool is_needed = false;
};

struct Mapping {
  std::string_view name;
  std::string_view meaning;
  std::vector<Key> keys;
  std::string_view others;       ///< What may stand behind other keys; empty: there are none.
  std::string_view others_name;  ///< What the other keys are: "attributes".
  bool has_one_key = false;      ///< Exactly one of `keys`, beside source and note.
};

/// A word for several kinds of values.
struct Abbreviation {
  std::string_view name;
  std::string_view value;
  std::string_view meaning;
};

inline constexpr std::string_view currency_key = "CNY, USD, …";

/// Keys for people, which every mapping may have.
inline constexpr std::string_view source_key = "source";
inline constexpr std::string_view note_key = "note";
constexpr bool is_remark(std::string_view key) { return key == source_key || key == note_key; }

/// In the order of the reference page.
std::span<const Mapping> mappings();
std::span<const Abbreviation> abbreviations();

/// Requires: there is one of that name.
const Mapping& mapping(std::string_view name);

/// The currencies that a price may be in: ISO 4217.
std::span<const std::string_view> currencies();
bool is_currency(std::string_view key);

/// Words that rows keep for themselves: no attribute is called so.
bool is_reserved(std::string_view attribute);

}  // namespace steelyard::pricebook::products
