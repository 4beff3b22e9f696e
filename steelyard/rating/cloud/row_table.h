#pragma once

#include <deque>
#include <map>
#include <string>
#include <tuple>

#include "steelyard/rating/cloud/charge.h"
#include "steelyard/rating/cloud/slot.h"

namespace steelyard::rating::cloud {

/// The rows that lines point to, each once. They live as long as the table.
class RowTable {
 public:
  /// `first_item`: the index of the first cloud item among all item names.
  RowTable(std::uint32_t first_item, std::string currency)
      : first_item_(first_item), currency_(std::move(currency)) {}

  /// The row of one bracket of a slot's price, or of its flat part.
  const Row& of_price(const Slot& slot, std::uint32_t bracket, bool is_flat, money::Decimal price);

  /// What a plan covers, at price 0.
  const Row& of_plan(const Slot& slot, const std::string& plan);

  /// A difference that a money rule makes, in the currency: "rounding", "minimum".
  const Row& of_money(const PreparedItem& item, const char* word);

  /// Where the rounding of a row's amounts is written.
  const Row& rounding_of(const Row& of_row);

  /// Any row.
  const Row& of(Row row);

  std::uint32_t item_index(const PreparedItem& item) const { return item_index(item.name_index); }

  /// Of a name of the catalog: Row::item_index.
  std::uint32_t item_index(std::uint32_t name_index) const { return first_item_ + name_index; }

 private:
  const Row& of_money(const Row& of_row, const char* word);

  using Key = std::tuple<std::uint32_t, std::string, std::string, money::Decimal, money::Decimal>;

  std::uint32_t first_item_;
  std::string currency_;
  std::deque<Row> rows_;
  std::map<Key, const Row*> numbers_;
};

/// "0-5", "5+", "-": what a bracket is called.
std::string bracket_label(const charge_model::Price& price, std::uint32_t bracket);

}  // namespace steelyard::rating::cloud
