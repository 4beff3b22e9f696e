#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "steelyard/base/hash.h"
#include "steelyard/charges/charged_fact.h"

namespace steelyard::charges::duckdb {

/// What is written once and then named by a number. Each kind has a table KIND_name (id, text).
enum class NameKind : std::uint8_t {
  tenant,
  account,
  source,
  type,
  model,
  resource,
  region,
  api_key,
  project,
  currency,
  reason,
  hold_budget,
};
inline constexpr std::size_t name_kind_count = 12;
inline constexpr std::array<std::string_view, name_kind_count> name_kinds = {
    "tenant", "account", "source",  "type",     "model",  "resource",
    "region", "api_key", "project", "currency", "reason", "hold_budget",
};

struct TextHash {
  std::size_t operator()(std::string_view text) const { return base::hash(text); }
};

/// Texts by number and numbers by text; number 0 is the empty text. Grows only. One thread may
/// add while others look up.
class NameTable {
 public:
  NameTable();

  /// The number of the text, which is added if it is new. For the adding thread.
  std::int32_t number_of(std::string_view text);

  std::optional<std::int32_t> find(std::string_view text) const;
  std::string text(std::int32_t number) const;
  std::int32_t size() const;

 private:
  mutable std::shared_mutex mutex_;
  std::deque<std::string> texts_;
  std::unordered_map<std::string_view, std::int32_t, TextHash> numbers_;
  std::int32_t last_ = 0;  // Neighbours are often equal. For the adding thread.
};

/// The price of a line, named by a number from 1: 0 is no line.
struct PriceRow {
  std::string item;
  std::string tier;
  std::string unit;
  money::Decimal price;
  money::Decimal per;
  std::optional<money::Decimal> list_price;
};

/// Prices by number, and numbers by what a line says. As NameTable.
class PriceTable {
 public:
  std::int32_t number_of(const ChargedLine& line);

  PriceRow row(std::int32_t number) const;
  std::int32_t size() const;

  /// The numbers of all rows of an item, ordered.
  std::vector<std::int32_t> rows_of_item(std::string_view item) const;

  /// Takes the next row from the file.
  void restore(PriceRow row);

 private:
  struct Key {
    std::string_view item;
    std::string_view tier;
    std::string_view unit;
    money::Decimal price;
    money::Decimal per;
    std::optional<money::Decimal> list_price;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  static Key key_of(const PriceRow& row);
  std::int32_t look_up(const Key& key);

  mutable std::shared_mutex mutex_;
  std::deque<PriceRow> rows_;
  std::unordered_map<Key, std::int32_t, Hash> numbers_;
  /// Numbers by a hash of little, where few prices are in use. For the adding thread.
  std::array<std::int32_t, 256> likely_{};
};

struct Book {
  std::string name;
  std::uint32_t version = 0;
};

/// Versions of price books by number, from 1: 0 is none. As NameTable.
class BookTable {
 public:
  std::int32_t number_of(std::string_view name, std::uint32_t version);
  Book book(std::int32_t number) const;
  std::int32_t size() const;
  void restore(Book book);

 private:
  mutable std::shared_mutex mutex_;
  std::deque<Book> books_;
  std::int32_t last_ = 0;
};

/// All dimensions of the store.
struct Names {
  std::array<NameTable, name_kind_count> tables;
  PriceTable prices;
  BookTable books;

  NameTable& of(NameKind kind) { return tables[static_cast<std::size_t>(kind)]; }
  const NameTable& of(NameKind kind) const { return tables[static_cast<std::size_t>(kind)]; }
};

}  // namespace steelyard::charges::duckdb
