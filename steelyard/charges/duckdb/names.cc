#include "steelyard/charges/duckdb/names.h"

#include <mutex>

#include "steelyard/base/check.h"

namespace steelyard::charges::duckdb {
namespace {

std::uint64_t hash_of(money::Decimal number) {
  return base::hash_pair(static_cast<std::uint64_t>(number.scaled()),
                         static_cast<std::uint64_t>(number.scaled() >> 64));
}

}  // namespace

NameTable::NameTable() {
  texts_.emplace_back();
  numbers_.emplace(texts_.back(), 0);
}

std::int32_t NameTable::number_of(std::string_view text) {
  if (texts_[static_cast<std::size_t>(last_)] == text) return last_;
  const auto known = numbers_.find(text);
  if (known != numbers_.end()) return last_ = known->second;
  const std::unique_lock lock(mutex_);
  STEELYARD_CHECK(texts_.size() < INT32_MAX);
  last_ = static_cast<std::int32_t>(texts_.size());
  texts_.emplace_back(text);
  numbers_.emplace(texts_.back(), last_);
  return last_;
}

std::optional<std::int32_t> NameTable::find(std::string_view text) const {
  const std::shared_lock lock(mutex_);
  const auto known = numbers_.find(text);
  if (known == numbers_.end()) return std::nullopt;
  return known->second;
}

std::string NameTable::text(std::int32_t number) const {
  const std::shared_lock lock(mutex_);
  return texts_.at(static_cast<std::size_t>(number));
}

std::int32_t NameTable::size() const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::int32_t>(texts_.size());
}

std::size_t PriceTable::Hash::operator()(const Key& key) const {
  std::uint64_t all = base::hash(key.unit, base::hash(key.tier, base::hash(key.item)));
  all = base::hash_pair(all, hash_of(key.price));
  all = base::hash_pair(all, hash_of(key.per));
  return key.list_price.has_value() ? base::hash_pair(all, hash_of(*key.list_price)) : all;
}

PriceTable::Key PriceTable::key_of(const PriceRow& row) {
  return {row.item, row.tier, row.unit, row.price, row.per, row.list_price};
}

std::int32_t PriceTable::number_of(const ChargedLine& line) {
  const Key key{line.item, line.tier, line.unit, line.price, line.per, line.list_price};
  const std::uint64_t words = hash_of(line.price) ^ base::hash(line.item);
  std::int32_t& likely = likely_[words % likely_.size()];
  if (likely == 0 || key_of(rows_[static_cast<std::size_t>(likely) - 1]) != key) {
    likely = look_up(key);
  }
  return likely;
}

std::int32_t PriceTable::look_up(const Key& key) {
  const auto known = numbers_.find(key);
  if (known != numbers_.end()) return known->second;
  restore({std::string(key.item), std::string(key.tier), std::string(key.unit), key.price, key.per,
           key.list_price});
  return static_cast<std::int32_t>(rows_.size());
}

void PriceTable::restore(PriceRow row) {
  const std::unique_lock lock(mutex_);
  STEELYARD_CHECK(rows_.size() < INT32_MAX);
  rows_.push_back(std::move(row));
  numbers_.emplace(key_of(rows_.back()), static_cast<std::int32_t>(rows_.size()));
}

PriceRow PriceTable::row(std::int32_t number) const {
  const std::shared_lock lock(mutex_);
  return rows_.at(static_cast<std::size_t>(number) - 1);
}

std::int32_t PriceTable::size() const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::int32_t>(rows_.size());
}

std::vector<std::int32_t> PriceTable::rows_of_item(std::string_view item) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::int32_t> found;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].item == item) found.push_back(static_cast<std::int32_t>(i) + 1);
  }
  return found;
}

std::int32_t BookTable::number_of(std::string_view name, std::uint32_t version) {
  if (name.empty()) return 0;
  const auto is_it = [&](const Book& book) { return book.version == version && book.name == name; };
  if (last_ != 0 && is_it(books_[static_cast<std::size_t>(last_) - 1])) return last_;
  for (std::size_t i = books_.size(); i > 0; --i) {  // Few, and the newest is the likeliest.
    if (is_it(books_[i - 1])) return last_ = static_cast<std::int32_t>(i);
  }
  restore({std::string(name), version});
  return last_ = static_cast<std::int32_t>(books_.size());
}

void BookTable::restore(Book book) {
  const std::unique_lock lock(mutex_);
  STEELYARD_CHECK(books_.size() < INT32_MAX);
  books_.push_back(std::move(book));
}

Book BookTable::book(std::int32_t number) const {
  if (number == 0) return {};
  const std::shared_lock lock(mutex_);
  return books_.at(static_cast<std::size_t>(number) - 1);
}

std::int32_t BookTable::size() const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::int32_t>(books_.size());
}

}  // namespace steelyard::charges::duckdb
